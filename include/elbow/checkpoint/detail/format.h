// SPDX-License-Identifier: BSD-3-Clause
// What writing and reading a checkpoint share: the user block and the names inside.
#ifndef ELBOW_CHECKPOINT_DETAIL_FORMAT_H
#define ELBOW_CHECKPOINT_DETAIL_FORMAT_H

#include "elbow/checkpoint/checkpoint.h"

// The user block, little-endian: ELBOW_CHECKPOINT_MAGIC (8), version (4), size of the block (4), bytes behind it (8),
// their XXH3 (8), zeros.
// Words for each file of a list that was trained on: its rows, and their hash.
#define ELBOW_CHECKPOINT_FILE_ROWS "/data_file_rows"
#define ELBOW_CHECKPOINT_FILE_HASHES "/data_file_hashes"

enum { ELBOW_CHECKPOINT_BLOCK = 512, ELBOW_CHECKPOINT_VERSION = 1 };

// The dataset of the learned numbers of data.transform (struct elbow_fit), if it has any.
#define ELBOW_CHECKPOINT_TRANSFORM "/data/transform"
// The constant columns, if there are any. Of data.transform only: a model never outputs the encoder's input.
#define ELBOW_CHECKPOINT_CONSTANT "/data/transform_constant"

// The group of the averaged weights, if there are any.
#define ELBOW_CHECKPOINT_AVERAGE "/average"

// Likewise, of model.input.transform.
#define ELBOW_CHECKPOINT_INPUT "/data/input"

// The group of the conditions of rows, a dataset for each variable, if there are any.
#define ELBOW_CHECKPOINT_CONDITIONS "/data/condition"

// The group of the names of a classifier's classes.
#define ELBOW_CHECKPOINT_CLASSES "/data/labels"

// Local. What transforms have learned, into an open file, which keeps what went wrong; back again, with what a sample
// has known (FORMAT, MEMORY).
void elbow_checkpoint_write_fits(struct elbow_hdf5 *file, const struct elbow_data_facts *data);
enum elbow_status elbow_checkpoint_read_fits(struct elbow_hdf5 *file, const struct elbow_config *config,
                                             struct elbow_data_facts *data, struct elbow_error *error);

// Local. Fills the user block in front of an image; checks it (FORMAT with what is wrong).
void elbow_checkpoint_seal(void *image, size_t size);
enum elbow_status elbow_checkpoint_verify(const char *path, const void *image, size_t size, struct elbow_error *error);

// Local. The same for a file on disk, read piece by piece into a small buffer. FILE if it cannot be read.
enum elbow_status elbow_checkpoint_verify_file(const struct elbow_directory *directory, const char *path,
                                               struct elbow_error *error);

// Local. OK if the file of a step is an intact checkpoint; FORMAT if it certainly is not, or is missing; otherwise
// unknown: FILE if it cannot be read, MEMORY.
enum elbow_status elbow_checkpoint_prove(const struct elbow_directory *run, uint64_t step, struct elbow_error *error);

// Local. Reads a verified image (user block included) into a zeroed struct, which the caller clears, on failure too.
// FORMAT if its contents are not a checkpoint.
enum elbow_status elbow_checkpoint_read(const char *name, const void *image, size_t size,
                                        struct elbow_checkpoint *checkpoint, struct elbow_error *error);

// Local. Allocates the memory for contents of which everything but the arrays is known: on a rank that receives them
// from rank zero.
enum elbow_status elbow_checkpoint_allocate(struct elbow_checkpoint *checkpoint, struct elbow_error *error);

// The integers and doubles of a run's state in a file, as one list for reading and writing.
struct elbow_checkpoint_field {
    const char *name;
    size_t offset; // in struct elbow_run_state
    bool is_double;
};
extern const struct elbow_checkpoint_field elbow_checkpoint_fields[];
extern const size_t elbow_checkpoint_field_count;

#endif
