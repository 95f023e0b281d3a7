// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files: the only caller of the library. Plain serial access on every rank, read-only files without locks; the
// library prints nothing, its error stack goes into our sentence. No MPI call. Any thread may call, for a file of its
// own: all functions take the lock below.
#ifndef ELBOW_DATA_HDF5_H
#define ELBOW_DATA_HDF5_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/element.h"

#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_HDF5_RANK_MAX = 8 };

struct elbow_hdf5; // opaque: an open file

// What a dataset is.
struct elbow_hdf5_info {
    int rank;
    uint64_t shape[ELBOW_HDF5_RANK_MAX];
    enum elbow_element
        element; // what read_rows gives. Stored integers and floats of 1, 2, 4, 8 bytes of either byte order give
                 // their own type; booleans (HDF5 enumerations) their integers; other widths of floats (2, 3, 10, 16
                 // bytes) float32 or float64, of integers the next wider type: whatever holds every value
    bool is_converted;   // the stored type is none of `element`'s
    uint64_t chunk_rows; // rows of a chunk; 0: contiguous
    bool is_compressed;
    bool is_virtual; // its rows are those of other datasets
};

// Local. "HDF5 1.10.8, parallel": version, whether the installed library is the parallel one. Static text.
const char *elbow_hdf5_describe(void);

// Local. Starts the library, quietly; false if that fails. All functions below do it themselves. A program that writes
// files under MPI calls it before MPI is initialised: then HDF5 does not clean up in MPI_Finalize or at exit, where it
// crashes over a file that could not be written (all files are closed by then).
bool elbow_hdf5_start(void);

// Local. One thread at a time is in libhdf5. The lock may be taken again by the thread that has it, and is given back
// as often as it was taken; threads that wait get it in the order in which they came. Whoever reads in pieces gives it
// back after each of them.
void elbow_hdf5_lock(void);
void elbow_hdf5_unlock(void);

// Local. Whether the calling thread has it.
bool elbow_hdf5_is_locked(void);

// Local. Opens for reading; or an image in memory (not owned, must outlive the file; `name` stands in messages).
enum elbow_status elbow_hdf5_open(const char *path, struct elbow_hdf5 **file, struct elbow_error *error);
enum elbow_status elbow_hdf5_open_image(const char *name, const void *image, size_t size, struct elbow_hdf5 **file,
                                        struct elbow_error *error);

// Where a file in memory is built, and its bytes once it is closed. Zeroed: nothing yet. bytes is given back with
// elbow_release; kept, it serves the next file.
struct elbow_hdf5_buffer {
    unsigned char *bytes;
    size_t size, capacity;
};

// Local. Room for a file of `size` bytes, so that building it need not ask for any. MEMORY if there is none.
enum elbow_status elbow_hdf5_reserve(struct elbow_hdf5_buffer *buffer, size_t size, struct elbow_error *error);

// Local. Creates a file (FILE if it exists and not `replace`), or opens an existing one to add datasets, or makes one
// in `buffer` behind a user block of `user_block` bytes (0, 512, 1024, ...; zeroed), which is complete when the file
// has been closed. Object times are off: same contents, same bytes.
enum elbow_status elbow_hdf5_create(const char *path, bool replace, struct elbow_hdf5 **file,
                                    struct elbow_error *error);
enum elbow_status elbow_hdf5_open_append(const char *path, struct elbow_hdf5 **file, struct elbow_error *error);
enum elbow_status elbow_hdf5_create_memory(size_t user_block, struct elbow_hdf5_buffer *buffer,
                                           struct elbow_hdf5 **file, struct elbow_error *error);

// A file that is written keeps its first error: after it nothing more is written, and all functions that write give
// that error. A sequence of writes may leave out their errors (NULL) and ask once at its end.

// Local. The first error of what was written so far; OK if there is none.
enum elbow_status elbow_hdf5_first_error(const struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Closes. Of a file that was written: its first error, OUTPUT if it could not be brought to disk. The file is
// gone in any case; a NULL is legal.
enum elbow_status elbow_hdf5_close(struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Describes a dataset. FORMAT if it is missing (the message lists up to 10 datasets that the file has), is no
// dataset of integers or floats, has more than 8 dimensions. Rank 0 and empty datasets are described like others.
enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error);

// A format of floats as far as a double can tell: binary digits of a number, the exponent of the smallest one above
// zero, the largest one that is finite.
struct elbow_hdf5_float {
    int digits, least;
    double most;
};

// Local. The format in which a dataset stores its floats; a double's for one of integers. FORMAT as above.
enum elbow_status elbow_hdf5_describe_float(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_float *format,
                                            struct elbow_error *error);

// Local. What a number becomes where it is stored in a format. Of two that are equally near, processors (and so numpy)
// take the one that is even; libhdf5, when it converts, the one away from zero.
double elbow_hdf5_round(const struct elbow_hdf5_float *format, double number, bool ties_away);

// Local. The values of a row of a dataset; UINT64_MAX if they are more than that.
uint64_t elbow_hdf5_row_values(const struct elbow_hdf5_info *info);

// Local. FORMAT, with the dataset's name, if a row has more than ELBOW_VALUES_MAX values, or all rows together more
// than any memory holds: to be asked before memory is taken for them.
enum elbow_status elbow_hdf5_check_rows(const char *name, const struct elbow_hdf5_info *info,
                                        struct elbow_error *error);

// Local. Takes a dataset out of a file that is written; HDF5 keeps its bytes as unused room. FORMAT if it is not there
// or is a group.
enum elbow_status elbow_hdf5_remove(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Whether there is a dataset or group of a name, or an attribute of an object. FORMAT where that cannot be told,
// the attribute's object missing among them: nothing is taken for absent because a call failed. *found is false then.
enum elbow_status elbow_hdf5_find(struct elbow_hdf5 *file, const char *name, bool *found, struct elbow_error *error);
enum elbow_status elbow_hdf5_find_attribute(struct elbow_hdf5 *file, const char *object, const char *name, bool *found,
                                            struct elbow_error *error);

// Local. Reads rows [first, first + count) of a dataset of rank >= 1 into out (count x elements of a row, of
// info->element, native byte order).
enum elbow_status elbow_hdf5_read_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                       void *out, struct elbow_error *error);

// Local. Likewise of a dataset of which the last axis is that of the rows: each row comes with its axes reversed, so
// that the whole is the transpose. Takes up to ELBOW_HDF5_BOX_BYTES beside `out`, or a chunk if that is more.
enum { ELBOW_HDF5_BOX_BYTES = 1 << 24 };
enum elbow_status elbow_hdf5_read_reversed(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                           void *out, struct elbow_error *error);

// Local. Whether MATLAB wrote a dataset, which reverses axes, and its last axis, of more than one, may be that of the
// rows; and whether it looks so, being longer than its first.
bool elbow_hdf5_may_be_reversed(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info);

// What an attribute is.
struct elbow_hdf5_attribute {
    bool is_there;
    bool is_number, is_float; // integers or floats; floats
    uint64_t count;           // values
};

// Local. Describes an attribute of an object, which may lack it. FORMAT if that cannot be told.
enum elbow_status elbow_hdf5_describe_attribute(struct elbow_hdf5 *file, const char *object, const char *name,
                                                struct elbow_hdf5_attribute *attribute, struct elbow_error *error);

enum { ELBOW_HDF5_FILTERS_MAX = 32, ELBOW_HDF5_FILTER_SIZE = 64 };

enum elbow_hdf5_layout_kind {
    ELBOW_HDF5_COMPACT,
    ELBOW_HDF5_CONTIGUOUS,
    ELBOW_HDF5_CHUNKED,
    ELBOW_HDF5_VIRTUAL, // rows are those of other datasets
    ELBOW_HDF5_RAW      // values lie in files that are not HDF5
};

struct elbow_hdf5_filter {
    int number;
    char name[ELBOW_HDF5_FILTER_SIZE];
    bool is_installed;
};

// How a dataset is stored.
struct elbow_hdf5_storage {
    enum elbow_hdf5_layout_kind kind;
    uint64_t chunk[ELBOW_HDF5_RANK_MAX]; // of a chunked one; of a virtual one the longest of its sources, or 0
    uint64_t chunks, written;            // how many there should be, and are
    uint64_t sources;                    // mappings of a virtual one, raw files
    uint64_t reading;                    // bytes that a read takes beside its rows, because of packed chunks
    uint64_t unpacking;                  // the same of elbow_hdf5_read_rows, for rows of whole chunks
    uint64_t kept;                       // bytes that stay taken between two reads
    int filters;
    struct elbow_hdf5_filter filter[ELBOW_HDF5_FILTERS_MAX]; // in the order of packing
};

// Local. FORMAT as above, and where that cannot be read.
enum elbow_status elbow_hdf5_describe_storage(struct elbow_hdf5 *file, const char *name,
                                              struct elbow_hdf5_storage *storage, struct elbow_error *error);

// A source of a virtual dataset, open while it is looked at: where it lies, as the mapping names it.
struct elbow_hdf5_origin {
    struct elbow_hdf5 *file;
    const char *dataset, *file_name;
    enum elbow_element element;
    int rank; // of the virtual dataset
};
typedef enum elbow_status elbow_hdf5_visit(void *context, const struct elbow_hdf5_origin *origin,
                                           struct elbow_error *error);

// Local. Visits the sources of a virtual dataset, in the order of its mappings, until a visit fails; of any other
// dataset none. Those that cannot be opened are passed over (elbow_hdf5_check_storage tells of them). FORMAT as above.
enum elbow_status elbow_hdf5_visit_origins(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                           void *context, struct elbow_error *error);

// Local. Of a virtual dataset that was described: the rows of its sources' longest chunks, in which it is best read,
// into info->chunk_rows. Errors as of the visit.
enum elbow_status elbow_hdf5_find_chunks(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                         struct elbow_error *error);

// Local. Whether all rows are there and can be read; no row is. FORMAT for filters that are not installed, for damaged
// or cut off sources; FILE for sources and raw files that are not there; MISMATCH for sources with fewer rows than are
// taken from them; DATA for rows that nobody has written or that no source maps, where HDF5 gives fill values. Sources,
// raw files and the target of a link are noted as inputs (base/inputs).
enum elbow_status elbow_hdf5_check_storage(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Likewise, but for chunks of the dataset itself that nobody has written.
enum elbow_status elbow_hdf5_check_gaps(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Which values of rows [first, first + count) lie in chunks that were written, one byte each: 1, or 0. 1 of a
// dataset that has no chunks. FORMAT where that cannot be read.
enum elbow_status elbow_hdf5_read_written(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                          unsigned char *written, struct elbow_error *error);

// Local. Whether the bytes of a dataset, or of labels (a group, or codes with their categories), lie in other files,
// too: a copy of this one would not do. FORMAT where that cannot be told.
enum elbow_status elbow_hdf5_refers(struct elbow_hdf5 *file, const char *name, bool *refers, struct elbow_error *error);

// How a new dataset is laid out. Zeroed: contiguous.
struct elbow_hdf5_layout {
    uint64_t chunk_rows; // > 0: chunks of so many rows
    int compression;     // deflate level 0 to 9, with shuffle; needs chunk_rows
};

// Local. Creates a dataset (and the groups above it). FORMAT if the name is taken.
enum elbow_status elbow_hdf5_create_dataset(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                            int rank, const uint64_t *shape, struct elbow_hdf5_layout layout,
                                            struct elbow_error *error);

// Local. Writes rows [first, first + count) of a dataset created with `element`.
enum elbow_status elbow_hdf5_write_rows(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                        uint64_t first, uint64_t count, const void *rows, struct elbow_error *error);

// Local. Writes a new dataset of `count` >= 1 texts in UTF-8, all of the longest one's length, and the groups above it.
// As all that writes: does nothing after the file's first error, which it gives.
enum elbow_status elbow_hdf5_write_texts(struct elbow_hdf5 *file, const char *name, const char *const *texts,
                                         size_t count, struct elbow_error *error);

// Local. Attributes of an object ("/" is the file's root): doubles, integers, texts. Writing replaces. Reading: FORMAT
// if missing or of another kind or count; doubles also read integers. A text is new, given back with elbow_release;
// limit: bytes it may have.
enum elbow_status elbow_hdf5_write_doubles(struct elbow_hdf5 *file, const char *object, const char *name,
                                           const double *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_write_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                            const int64_t *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_write_text(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error);
// Likewise a text of varying length, for formats that want such.
enum elbow_status elbow_hdf5_write_word(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error);
enum elbow_status elbow_hdf5_read_doubles(struct elbow_hdf5 *file, const char *object, const char *name, double *values,
                                          size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_read_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                           int64_t *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_read_text(struct elbow_hdf5 *file, const char *object, const char *name, size_t limit,
                                       char **text, struct elbow_error *error);

// The axes of a dataset: for each the dataset that says where along it the values lie.
struct elbow_hdf5_axes {
    const char *dataset;
    int rank;
    const char *scales[ELBOW_HDF5_RANK_MAX];
};

// Local. Makes those datasets, which are there and of one axis, dimension scales, and attaches them: netCDF and xarray
// then know the axes by their names. All of a file at once. As all that writes.
enum elbow_status elbow_hdf5_write_scales(struct elbow_hdf5 *file, const struct elbow_hdf5_axes *axes, size_t count,
                                          struct elbow_error *error);

// One object that a walk over a file meets: a dataset of numbers (info), or something that is none, told in `what`:
// "holds texts, ...", "is a sparse matrix (CSR, 300 x 50), ...".
struct elbow_hdf5_entry {
    const char *name;
    const struct elbow_hdf5_info *info; // NULL: not of numbers, or more than 8 dimensions, or not to be read
    const char *what;
    bool is_dataset; // false: a group that stands for one thing, or what cannot be opened
    bool is_crowd;   // members of this group that are many and alike
};

// Local. Calls back for every dataset of the file, in order of name, for links that lead nowhere, and for groups that
// stand for one thing: sparse matrices, tables; and once for members of a group that are many and alike. The callback
// returns false to stop.
enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const struct elbow_hdf5_entry *entry), void *user,
                                  struct elbow_error *error);

ELBOW_C_END

#endif
