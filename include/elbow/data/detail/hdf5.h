// SPDX-License-Identifier: BSD-3-Clause
// Shared by the parts of data/hdf5: the open file, error messages, the table of types.
#ifndef ELBOW_DATA_DETAIL_HDF5_H
#define ELBOW_DATA_DETAIL_HDF5_H

#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"

#include <hdf5.h>
#include <sys/stat.h>

// The largest number of chunks per read call: libhdf5 holds some kilobytes for each.
enum { ELBOW_HDF5_CHUNKS_MAX = 32 };

// Takes the lock until the end of the function. Each function that other code calls begins with it.
#define ELBOW_HDF5_GUARD                                                                                               \
    elbow_hdf5_lock();                                                                                                 \
    __attribute__((cleanup(elbow_hdf5_unlock_guard), unused)) const bool guard = true

// Local. The end of the guard.
void elbow_hdf5_unlock_guard(const bool *guard);

struct elbow_hdf5_pieces; // elbow/data/detail/pieces.h

// Properties of the sources of a virtual dataset that matter for reading it. The chunk is the longest along each axis,
// among the sources with at least as many axes as the dataset; zeroed: no source is chunked.
struct elbow_hdf5_origins {
    elbow_path name; // of the virtual dataset
    hsize_t chunk[ELBOW_HDF5_RANK_MAX];
    hsize_t least;                    // rows of the shortest chunk; 0: no source is chunked
    uint64_t across;                  // largest number of chunks that one row spans; at least 1
    uint64_t reading;                 // largest number of bytes to unpack a chunk
    uint64_t kept;                    // largest number of bytes in use while a source is open
    uint64_t files;                   // number of different files, in the order of the mappings
    struct elbow_hdf5_pieces *pieces; // reads it source by source; NULL: libhdf5 reads it
    void (*end)(struct elbow_hdf5_pieces **pieces);
};

// Detects changes of a file on disk.
struct elbow_hdf5_stamp {
    bool is_known;
    uint64_t size;
    int64_t seconds;  // of the last change, in whole seconds: file systems differ in the fractions
    int64_t fraction; // of the second, in nanoseconds; 0: unknown
    uint64_t inode;
};

struct elbow_steady; // elbow/data/steady.h

// An open file. Each function closes the ids that it opens, so that only `id` is left at the end.
struct elbow_hdf5 {
    hid_t id;
    char name[ELBOW_PATH_SIZE];         // for messages
    size_t user_block;                  // bytes in front, of a file made in memory
    struct elbow_hdf5_buffer *buffer;   // of a file made in memory; not owned
    bool is_memory;                     // no file on disk
    struct elbow_hdf5_stamp stamp;      // of a file on disk that is read
    struct elbow_steady *steady;        // gets the files to which it refers; not owned; may be NULL
    bool is_written;                    // opened for writing
    bool is_broken;                     // a write failed: later writes are discarded
    struct elbow_error error;           // of a file that is written: the first one
    struct elbow_hdf5_origins *origins; // of the virtual dataset that was described last; owned
    // Called before a file that is written is closed; sets `error`. The code that opened the file sets it.
    void (*finish)(struct elbow_hdf5 *file);
};

// Local. Sets the message "NAME: text (HDF5: reason)". The reason is the innermost line of HDF5's error stack; it is
// omitted if the stack is empty. Call it before any other HDF5 call, which would clear the stack. Returns `status`.
enum elbow_status elbow_hdf5_fail(const struct elbow_hdf5 *file, enum elbow_status status, struct elbow_error *error,
                                  const char *format, ...) __attribute__((format(printf, 4, 5)));

// Local. Records the state of a file that is open for reading; and checks after a read that it is unchanged. MISMATCH.
// A file that has become shorter has the reason ENODATA.
struct elbow_hdf5_stamp elbow_hdf5_stamp_of(const struct stat *about);
void elbow_hdf5_stamp(struct elbow_hdf5 *file);
enum elbow_status elbow_hdf5_check_steady(const struct elbow_hdf5 *file, struct elbow_error *error);

// Local. MISMATCH if a file was noted and is another one now; and notes a file, unless it was noted before. `steady`
// may be NULL.
enum elbow_status elbow_steady_compare(const struct elbow_steady *steady, const char *path,
                                       const struct elbow_hdf5_stamp *now, struct elbow_error *error);
enum elbow_status elbow_steady_note(struct elbow_steady *steady, const char *path, const struct elbow_hdf5_stamp *now,
                                    struct elbow_error *error);

// Local. The first call for a virtual dataset notes *is_whole: whether it has all its sources. Later calls set
// *is_whole to that of the first. `steady` may be NULL: *is_whole is unchanged. MEMORY.
enum elbow_status elbow_steady_whole(struct elbow_steady *steady, const char *path, const char *name, bool *is_whole,
                                     struct elbow_error *error);

// Local. Creates the missing groups above a dataset, in a file that is open for writing.
void elbow_hdf5_create_groups(struct elbow_hdf5 *file, const char *name);

// Local. Like elbow_hdf5_fail, after a failed write: the message becomes the file's error if it is the first one. HDF5
// would repeat the failed write at each close and at exit, and crash there. The file on disk therefore gets no more
// bytes; later writes go to memory that is discarded.
void elbow_hdf5_fail_write(struct elbow_hdf5 *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. Allocates a file of this name, which is not open yet. MEMORY.
enum elbow_status elbow_hdf5_prepare(const char *name, struct elbow_hdf5 **file, struct elbow_error *error);

// Local. Creates an access property list; negative on failure.
hid_t elbow_hdf5_access(bool writes);

// Local. Creates a creation property list with object times off, so that the same contents give the same bytes.
hid_t elbow_hdf5_file_creation(void);

// Local. The HDF5 type of an element in memory, and in new files (little endian). The library owns it.
hid_t elbow_hdf5_native_type(enum elbow_element element);
hid_t elbow_hdf5_stored_type(enum elbow_element element);

// Local. Opens an object of the file; negative if it does not exist. The links of the path are followed one by one, so
// that the error stack stays empty.
hid_t elbow_hdf5_open_object(struct elbow_hdf5 *file, const char *name);

// Local. The space of rows [first, first + count) in the file, and the matching space in memory (*memory). The caller
// closes both. Negative, with both closed, on failure.
hid_t elbow_hdf5_select_rows(hid_t dataset, uint64_t first, uint64_t count, hid_t *memory);

// Local. FORMAT, with the rows, if a chunk of rows [first, first + count) unpacks to another size than that of a chunk.
// Call it before libhdf5 reads the rows.
enum elbow_status elbow_hdf5_check_chunks(struct elbow_hdf5 *file, hid_t dataset, const char *name, uint64_t first,
                                          uint64_t count, struct elbow_error *error);

// Local. The same for the chunks of a box from `first` up to `end` along each axis.
enum elbow_status elbow_hdf5_check_box(struct elbow_hdf5 *file, hid_t dataset, const char *name, const hsize_t *first,
                                       const hsize_t *end, struct elbow_error *error);

// Local. The bytes that elbow_hdf5_unpack_rows needs besides rows of whole chunks, each with `packed` bytes in the
// file. Returns `otherwise` if it cannot unpack the dataset.
uint64_t elbow_hdf5_unpack_bytes(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t packed,
                                 uint64_t otherwise);

// Local. Inflates a complete stream: out (bytes). False if the stream does not give exactly that many bytes.
bool elbow_hdf5_inflate(const void *packed, size_t size, void *out, size_t bytes);

// Local. Reads rows from chunks of whole rows that are shuffled, deflated or both, reading each chunk once. False if
// the dataset is stored in another way or a chunk is damaged: `out` is then undefined, and libhdf5 must read the rows.
bool elbow_hdf5_unpack_rows(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t first, uint64_t count,
                            void *out);

// Local. Likewise of a box, from `first` up to `end` along each axis, out of chunks of any shape. `out` is the place of
// the value at `first`, `stride` the values from one to the next along each axis. It takes no more memory than libhdf5.
bool elbow_hdf5_unpack_box(hid_t dataset, const struct elbow_hdf5_info *info, const hsize_t *first, const hsize_t *end,
                           void *out, const size_t *stride);

enum { ELBOW_HDF5_WHAT_SIZE = 1024 }; // of a description such as "is a group"

// Local. Reads a short text attribute of an object; empty if it does not exist or is longer.
enum { ELBOW_HDF5_WORD_SIZE = 64 };
void elbow_hdf5_read_word(struct elbow_hdf5 *file, const char *object, const char *attribute,
                          char word[ELBOW_HDF5_WORD_SIZE]);

// Local. The path of a member of a group; false if it is too long.
bool elbow_hdf5_member(const char *group, const char *member, elbow_path path);

enum elbow_hdf5_matrix_kind {
    ELBOW_MATRIX_NONE,    // not a sparse matrix
    ELBOW_MATRIX_ROWS,    // CSR
    ELBOW_MATRIX_COLUMNS, // CSC
    ELBOW_MATRIX_CELLS,   // of 10x Genomics: the rows are the cells
    ELBOW_MATRIX_UNSAID   // data, indices and indptr, but nothing says whether it is CSR or CSC
};

// The properties of a sparse matrix that its group states; they are not checked.
struct elbow_hdf5_matrix {
    enum elbow_hdf5_matrix_kind kind;
    bool has_shape;
    int64_t rows, columns;
};

// Local. Reads them.
struct elbow_hdf5_matrix elbow_hdf5_look_at_matrix(struct elbow_hdf5 *file, const char *group);

// Identifies an object, whatever its name.
struct elbow_hdf5_identity {
    unsigned long file;
    unsigned char object[16];
};

// Local. Identifies an open object, and finds out whether it has several names. False if it cannot be read.
bool elbow_hdf5_identify(hid_t object, struct elbow_hdf5_identity *identity, bool *is_shared);

// Local. Describes the sparse matrix in a group, with a remedy if a dataset is needed: "is a sparse matrix ..."; false
// if there is none.
bool elbow_hdf5_describe_sparse(struct elbow_hdf5 *file, const char *group, char *what, size_t size);

// Local. Opens and describes a dataset. Errors as of elbow_hdf5_describe_dataset. The caller closes *dataset.
enum elbow_status elbow_hdf5_open_dataset(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                          struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. The same for a dataset of numbers or of texts; of texts, only rank and shape of the info are set.
enum elbow_status elbow_hdf5_open_any(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                      struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. Describes a dataset that was just opened; closes it on failure.
enum elbow_status elbow_hdf5_describe_opened(const struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                             struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. Describes the storage of an open dataset. FORMAT.
enum elbow_status elbow_hdf5_describe_layout(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                             const struct elbow_hdf5_info *info, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error);

// Local. Like elbow_hdf5_describe_storage, without the sources of a virtual dataset.
enum elbow_status elbow_hdf5_describe_alone(struct elbow_hdf5 *file, const char *name,
                                            struct elbow_hdf5_storage *storage, struct elbow_error *error);

// Local. The properties of the sources of a virtual dataset if they are already known, else NULL. The file owns them.
const struct elbow_hdf5_origins *elbow_hdf5_known_origins(const struct elbow_hdf5 *file, const char *name);

// Local. Finds the properties of the sources of a virtual dataset, or returns the known ones; none of the sources may
// be open. Virtual sources are skipped. The file owns the result. FORMAT, MEMORY.
enum elbow_status elbow_hdf5_look_at_origins(struct elbow_hdf5 *file, const char *name,
                                             const struct elbow_hdf5_origins **origins, struct elbow_error *error);

// Local. Opens a dataset to read its values. *origins is NULL unless the dataset is virtual. A virtual dataset with
// pieces is read through these, and *dataset is negative; otherwise its sources cache no chunks between reads, as there
// may be many sources. Errors as of elbow_hdf5_open_dataset; MEMORY.
enum elbow_status elbow_hdf5_open_values(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                         struct elbow_hdf5_info *info, const struct elbow_hdf5_origins **origins,
                                         struct elbow_error *error);

// Local. Opens a dataset again if its raw files are next to the file that refers to them, and not where libhdf5 looks
// for them. Returns the dataset to use; closes it and returns a negative id on failure.
hid_t elbow_hdf5_open_beside(struct elbow_hdf5 *file, hid_t dataset, const char *name);

// Local. FORMAT, with a message: for a name that does not exist (looked_up: the status of elbow_hdf5_find, with its
// error), for an object that cannot be opened (call it directly after the failure), and for a group.
enum elbow_status elbow_hdf5_fail_missing(struct elbow_hdf5 *file, const char *name, enum elbow_status looked_up,
                                          struct elbow_error *error);
enum elbow_status elbow_hdf5_fail_unreadable(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);
enum elbow_status elbow_hdf5_fail_group(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. Adds the filters of a chunked dataset to `storage`; false if they cannot be read.
bool elbow_hdf5_describe_filters(hid_t creation, struct elbow_hdf5_storage *storage);

// The part of a dataset that is checked. depth: number of virtual datasets around it.
struct elbow_hdf5_wanted {
    int depth;
    hid_t space;   // the selection in it is checked, and must be limited; H5S_ALL: everything
    bool may_lack; // chunks of the dataset itself need not be written
    bool is_whole; // result: the whole dataset was checked and exists
};

// Checks an open dataset, and closes it.
typedef enum elbow_status elbow_hdf5_check(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                           struct elbow_error *error);

// Local. Parts of elbow_hdf5_check_storage: the sources of a virtual dataset, which is closed (`check` is called for
// each); raw files; the filters of the chunks.
enum elbow_status elbow_hdf5_check_virtual(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                           elbow_hdf5_check *check, struct elbow_error *error);
enum elbow_status elbow_hdf5_check_raw(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                       const struct elbow_hdf5_info *info, struct elbow_error *error);
enum elbow_status elbow_hdf5_check_filters(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           struct elbow_error *error);

// Local. Whether any chunk was packed with the filter of this index (a filter may be skipped if it does not help); true
// if that cannot be determined. The time grows with the number of written chunks.
bool elbow_hdf5_uses_filter(hid_t dataset, int index);

// Local. The first and the last row of the chunks that were never written; there must be some. Both are unchanged if
// they cannot be determined. The time grows with the number of written chunks.
void elbow_hdf5_find_unwritten(hid_t dataset, uint64_t *first, uint64_t *last);

// Local. Whether the chunks of the selected values were written. If not, sets *first and *last to the rows of a chunk
// that was not; both are unchanged if they cannot be determined. The time grows with the number of written chunks.
bool elbow_hdf5_are_written(hid_t dataset, hid_t wanted, uint64_t *first, uint64_t *last);

// Local. Finds the file that another file (`home`) refers to by `name`; false if it does not exist. The environment
// variable `variable` (HDF5_VDS_PREFIX, HDF5_EXT_PREFIX) names directories.
bool elbow_hdf5_resolve(const char *variable, const char *home, const char *name, elbow_path path);

// Local. Parts of that: whether a path is a regular file; the directory of a path, with the slash, or empty; a name in
// a directory; a name in a directory where ${ORIGIN} stands for that of `home`. The last two return false if the path
// is too long.
bool elbow_hdf5_is_file(const char *path);
void elbow_hdf5_directory(const char *path, elbow_path directory);
bool elbow_hdf5_join(const char *directory, const char *name, elbow_path path);
bool elbow_hdf5_join_prefix(const char *prefix, const char *home, const char *name, elbow_path path);

// Local. The path of the file of an open object; false on failure.
bool elbow_hdf5_home(hid_t object, elbow_path home);

// Local. Describes a broken link: "is a link to /x in part.h5, and there is no such file"; false if the name is not a
// link to another place.
bool elbow_hdf5_describe_link(struct elbow_hdf5 *file, const char *link, char *what, size_t size);

// Local. Describes an open dataset. False, with a description in `what`, if it is not of numbers or has too many
// dimensions.
enum elbow_status elbow_hdf5_describe_id(hid_t dataset, struct elbow_hdf5_info *info, char *what, size_t size);

#endif
