// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files. No other part of Elbow calls the library. Each rank uses plain serial access; files are read without file
// locks. The library prints nothing: its error stack becomes part of our messages. No MPI call. Any thread may call
// with a file of its own; all functions take the lock below.
#ifndef ELBOW_DATA_HDF5_H
#define ELBOW_DATA_HDF5_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/element.h"

#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_HDF5_RANK_MAX = 8 };

struct elbow_hdf5;   // opaque: an open file
struct elbow_steady; // elbow/data/steady.h

// The description of a dataset.
struct elbow_hdf5_info {
    int rank;
    uint64_t shape[ELBOW_HDF5_RANK_MAX];
    // The type that elbow_hdf5_read_rows returns. Integers and floats of 1, 2, 4 or 8 bytes, of either byte order,
    // keep their type, and booleans (HDF5 enumerations) that of their integers; other floats (2, 3, 10, 16 bytes)
    // become float32 or float64, and other integers the next wider type, so that each value is represented.
    enum elbow_element element;
    bool is_converted;   // the stored type is not exactly `element`
    uint64_t chunk_rows; // rows per chunk; 0: contiguous
    bool is_compressed;
    bool is_virtual; // its rows are read from other datasets
};

// Local. The version of the installed library, and whether it is the parallel one: "HDF5 1.10.8, parallel". Static.
const char *elbow_hdf5_describe(void);

// Local. Initializes the library, without output; false on failure. All functions below do this themselves. A program
// that writes files under MPI must call it before MPI is initialized: HDF5 then does not clean up in MPI_Finalize or at
// exit, where it would crash over a file that could not be written. All files are closed by then.
bool elbow_hdf5_start(void);

// Local. Only one thread at a time is inside libhdf5. A thread may take the lock again while it holds it, and releases
// it as often. Waiting threads get it in the order in which they came. Code that reads in pieces releases the lock
// after each piece.
void elbow_hdf5_lock(void);
void elbow_hdf5_unlock(void);

// Local. Whether the calling thread holds the lock.
bool elbow_hdf5_is_locked(void);

// Local. Opens a file for reading. FILE, FORMAT, MEMORY. Close the file with elbow_hdf5_close.
enum elbow_status elbow_hdf5_open(const char *path, struct elbow_hdf5 **file, struct elbow_error *error);

// Local. The same for a file that must be as it was when it was opened first, as must the sources of its virtual
// datasets. `steady` records all of them and must outlive the file; NULL: nothing is compared. MISMATCH if the file was
// replaced or changed.
enum elbow_status elbow_hdf5_open_steady(const char *path, struct elbow_steady *steady, struct elbow_hdf5 **file,
                                         struct elbow_error *error);

// Local. The same for the image of a file in memory, which is not owned and must outlive the file. `name` is for
// messages.
enum elbow_status elbow_hdf5_open_image(const char *name, const void *image, size_t size, struct elbow_hdf5 **file,
                                        struct elbow_error *error);

// A file that is built in memory. `bytes` is complete when the file is closed. Zeroed: no file yet. The caller releases
// `bytes` with elbow_release, or keeps the buffer for the next file.
struct elbow_hdf5_buffer {
    unsigned char *bytes;
    size_t size, capacity;
};

// Local. Reserves memory for a file of `size` bytes, so that building it needs no allocation. MEMORY.
enum elbow_status elbow_hdf5_reserve(struct elbow_hdf5_buffer *buffer, size_t size, struct elbow_error *error);

// Local. Creates a file (FILE if it exists and `replace` is false); or opens an existing file to add datasets; or
// creates one in `buffer`, after a zeroed user block of `user_block` bytes (0, 512, 1024, ...). Object times are off:
// the same contents give the same bytes. Close the file with elbow_hdf5_close.
enum elbow_status elbow_hdf5_create(const char *path, bool replace, struct elbow_hdf5 **file,
                                    struct elbow_error *error);
enum elbow_status elbow_hdf5_open_append(const char *path, struct elbow_hdf5 **file, struct elbow_error *error);
enum elbow_status elbow_hdf5_create_memory(size_t user_block, struct elbow_hdf5_buffer *buffer,
                                           struct elbow_hdf5 **file, struct elbow_error *error);

// A file that is open for writing keeps its first error: nothing is written after it, and all writing functions return
// it. A sequence of writes may pass NULL for the errors and ask once at the end.

// Local. The first error of writing so far; OK if there is none.
enum elbow_status elbow_hdf5_first_error(const struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Closes a file; a NULL is legal. After writing: returns the first error, or OUTPUT if the data could not be
// written to disk. The file is closed in any case.
enum elbow_status elbow_hdf5_close(struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Describes a dataset. FORMAT if it does not exist (the message lists up to 10 datasets of the file), is not of
// integers or floats, or has more than 8 dimensions. Rank 0 and empty datasets are legal.
enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error);

// A floating-point format, as far as a double can represent it: binary digits, the exponent of the smallest number
// above zero, and the largest finite number.
struct elbow_hdf5_float {
    int digits, least;
    double most;
};

// Local. The format in which a dataset stores its floats; that of double for integers. FORMAT as above.
enum elbow_status elbow_hdf5_describe_float(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_float *format,
                                            struct elbow_error *error);

// Local. The value of a number after it is stored in a format. A tie goes to the even neighbour, as processors and
// numpy do; with ties_away it goes away from zero, as in conversions of libhdf5.
double elbow_hdf5_round(const struct elbow_hdf5_float *format, double number, bool ties_away);

// Local. The number of values in a row of a dataset; UINT64_MAX if it overflows.
uint64_t elbow_hdf5_row_values(const struct elbow_hdf5_info *info);

// Local. FORMAT, with the dataset's name, if a row has more than ELBOW_VALUES_MAX values, or all rows together more
// bytes than can be addressed. Call it before allocating memory for rows.
enum elbow_status elbow_hdf5_check_rows(const char *name, const struct elbow_hdf5_info *info,
                                        struct elbow_error *error);

// Local. Removes a dataset from a file that is open for writing; the file keeps its bytes as unused space. FORMAT if it
// does not exist or is a group.
enum elbow_status elbow_hdf5_remove(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Whether a dataset or group of a name, or an attribute of an object, exists. FORMAT, with *found false, if this
// cannot be determined, for example if the object of the attribute does not exist. A failed call is never taken for
// absence.
enum elbow_status elbow_hdf5_find(struct elbow_hdf5 *file, const char *name, bool *found, struct elbow_error *error);
enum elbow_status elbow_hdf5_find_attribute(struct elbow_hdf5 *file, const char *object, const char *name, bool *found,
                                            struct elbow_error *error);

// Local. Reads rows [first, first + count) of a dataset of rank >= 1: out (count x values of a row, of info->element,
// native byte order). FORMAT; MISMATCH if the file was changed meanwhile.
enum elbow_status elbow_hdf5_read_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                       void *out, struct elbow_error *error);

// Local. The same for a dataset whose last axis is that of the rows: the axes of each row are reversed, so that the
// result is the transpose. Needs up to ELBOW_HDF5_BOX_BYTES of memory in addition to `out`, or one chunk if that is
// larger.
enum { ELBOW_HDF5_BOX_BYTES = 1 << 24 };
enum elbow_status elbow_hdf5_read_reversed(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                           void *out, struct elbow_error *error);

// Local. Whether the rows may be along the last axis: MATLAB, which reverses axes, wrote the dataset, and its last axis
// is longer than 1.
bool elbow_hdf5_may_be_reversed(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info);

// The description of an attribute.
struct elbow_hdf5_attribute {
    bool is_there;
    bool is_number, is_float; // of integers or floats; of floats
    uint64_t count;           // number of values
};

// Local. Describes an attribute of an object, which may not exist. FORMAT if this cannot be determined.
enum elbow_status elbow_hdf5_describe_attribute(struct elbow_hdf5 *file, const char *object, const char *name,
                                                struct elbow_hdf5_attribute *attribute, struct elbow_error *error);

enum { ELBOW_HDF5_FILTERS_MAX = 32, ELBOW_HDF5_FILTER_SIZE = 64 };

enum elbow_hdf5_layout_kind {
    ELBOW_HDF5_COMPACT,
    ELBOW_HDF5_CONTIGUOUS,
    ELBOW_HDF5_CHUNKED,
    ELBOW_HDF5_VIRTUAL, // the rows are read from other datasets
    ELBOW_HDF5_RAW      // the values are in files that are not HDF5
};

struct elbow_hdf5_filter {
    int number;
    char name[ELBOW_HDF5_FILTER_SIZE];
    bool is_installed;
};

// The storage of a dataset.
struct elbow_hdf5_storage {
    enum elbow_hdf5_layout_kind kind;
    // Shape of a chunk; of a virtual dataset: the longest along each axis among its sources, or 0.
    uint64_t chunk[ELBOW_HDF5_RANK_MAX];
    uint64_t chunks, written; // chunks of the whole dataset, and those that exist
    uint64_t sources;         // mappings of a virtual dataset; raw files
    uint64_t reading;         // bytes that a read needs besides its rows, to unpack chunks
    uint64_t unpacking;       // the same for elbow_hdf5_read_rows, of rows of whole chunks
    uint64_t kept;            // bytes that stay allocated between two reads
    int filters;
    struct elbow_hdf5_filter filter[ELBOW_HDF5_FILTERS_MAX]; // in the order in which they pack
};

// Local. Describes the storage of a dataset. FORMAT as above, and if the storage cannot be read.
enum elbow_status elbow_hdf5_describe_storage(struct elbow_hdf5 *file, const char *name,
                                              struct elbow_hdf5_storage *storage, struct elbow_error *error);

// A source of a virtual dataset, open during the visit. The names are those of the mapping.
struct elbow_hdf5_origin {
    struct elbow_hdf5 *file;
    const char *dataset, *file_name;
    enum elbow_element element;
    int rank; // rank of the virtual dataset
};
typedef enum elbow_status elbow_hdf5_visit(void *context, const struct elbow_hdf5_origin *origin,
                                           struct elbow_error *error);

// Local. Calls `visit` for each source of a virtual dataset, in the order of its mappings, until one returns an error;
// for none if the dataset is not virtual. Sources that cannot be opened are skipped (elbow_hdf5_check_storage reports
// them). FORMAT as above.
enum elbow_status elbow_hdf5_visit_origins(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                           void *context, struct elbow_error *error);

// Local. Sets info->chunk_rows of a virtual dataset that was described: the rows of the longest chunks of its sources,
// in which it is best read. Errors as of elbow_hdf5_visit_origins.
enum elbow_status elbow_hdf5_find_chunks(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                         struct elbow_error *error);

// Local. Checks that all rows exist and can be read, without reading one. FORMAT for filters that are not installed,
// and for damaged or truncated sources; FILE for sources and raw files that do not exist; MISMATCH for sources with
// fewer rows than are mapped; DATA for rows that were never written or that no source maps, where HDF5 would return
// fill values. Sources, raw files and the target of a link are recorded as inputs (elbow/base/inputs.h).
enum elbow_status elbow_hdf5_check_storage(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. The same, except that chunks of the dataset itself need not be written.
enum elbow_status elbow_hdf5_check_gaps(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Marks the values of rows [first, first + count) that are in chunks that were written: written (count x values
// of a row), 1 or 0. All are 1 if the dataset has no chunks. FORMAT if the chunks cannot be read.
enum elbow_status elbow_hdf5_read_written(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                          unsigned char *written, struct elbow_error *error);

// Local. Whether a dataset, or a place of labels (a group, or codes with categories), has bytes in other files, so that
// a copy of this file would not contain them. FORMAT if this cannot be determined.
enum elbow_status elbow_hdf5_refers(struct elbow_hdf5 *file, const char *name, bool *refers, struct elbow_error *error);

// The storage of a new dataset. Zeroed: contiguous.
struct elbow_hdf5_layout {
    uint64_t chunk_rows; // rows per chunk; 0: contiguous
    int compression;     // deflate level 0 to 9, with shuffle; needs chunk_rows
};

// Local. Creates a dataset, and the groups above it. FORMAT if the name exists.
enum elbow_status elbow_hdf5_create_dataset(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                            int rank, const uint64_t *shape, struct elbow_hdf5_layout layout,
                                            struct elbow_error *error);

// Local. Writes rows [first, first + count) of a dataset that was created with `element`.
enum elbow_status elbow_hdf5_write_rows(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                        uint64_t first, uint64_t count, const void *rows, struct elbow_error *error);

// Local. Writes a new dataset of `count` >= 1 UTF-8 texts, all of the length of the longest one, and the groups above
// it. Like all writing functions it does nothing after the first error of the file, and returns that.
enum elbow_status elbow_hdf5_write_texts(struct elbow_hdf5 *file, const char *name, const char *const *texts,
                                         size_t count, struct elbow_error *error);

// Local. Attributes of an object ("/" is the root group): doubles, integers, texts. Writing replaces an attribute.
// Reading returns FORMAT if it does not exist or is of another type or length; doubles may also be stored as integers.
// A text of at most `limit` bytes is returned in new memory; release it with elbow_release.
enum elbow_status elbow_hdf5_write_doubles(struct elbow_hdf5 *file, const char *object, const char *name,
                                           const double *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_write_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                            const int64_t *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_write_text(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error);
// Local. The same for a text of variable length, for formats that need one.
enum elbow_status elbow_hdf5_write_word(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error);
enum elbow_status elbow_hdf5_read_doubles(struct elbow_hdf5 *file, const char *object, const char *name, double *values,
                                          size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_read_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                           int64_t *values, size_t count, struct elbow_error *error);
enum elbow_status elbow_hdf5_read_text(struct elbow_hdf5 *file, const char *object, const char *name, size_t limit,
                                       char **text, struct elbow_error *error);

// The axes of a dataset: for each, the dataset of the coordinates along it.
struct elbow_hdf5_axes {
    const char *dataset;
    int rank;
    const char *scales[ELBOW_HDF5_RANK_MAX];
};

// Local. Turns those datasets, which exist and have one axis each, into dimension scales, and attaches them, so that
// netCDF and xarray know the axes by name. Must be called once for all axes of a file. Errors as of all writing
// functions.
enum elbow_status elbow_hdf5_write_scales(struct elbow_hdf5 *file, const struct elbow_hdf5_axes *axes, size_t count,
                                          struct elbow_error *error);

// An object of a file, as elbow_hdf5_each passes it: a dataset of numbers (info), or something else that `what`
// describes: "holds texts, ...", "is a sparse matrix (CSR, 300 x 50), ...".
struct elbow_hdf5_entry {
    const char *name;
    const struct elbow_hdf5_info *info; // NULL: not a dataset of numbers, more than 8 dimensions, or unreadable
    const char *what;
    bool is_dataset; // false: a group that is one object, or an object that cannot be opened
    bool is_crowd;   // many similar members of this group
};

// Local. Calls back in the order of names: for each dataset of the file, for dangling links, for groups that are one
// object (sparse matrices, tables), and once for many similar members of a group. The callback returns false to stop.
// FORMAT, MEMORY.
enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const struct elbow_hdf5_entry *entry), void *user,
                                  struct elbow_error *error);

ELBOW_C_END

#endif
