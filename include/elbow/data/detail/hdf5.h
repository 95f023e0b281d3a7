// SPDX-License-Identifier: BSD-3-Clause
// What the parts of data/hdf5 share: the open file, the sentence for an error, the table of types.
#ifndef ELBOW_DATA_DETAIL_HDF5_H
#define ELBOW_DATA_DETAIL_HDF5_H

#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"

#include <hdf5.h>

// Chunks that one call of libhdf5 reads at most: it keeps some kilobytes for each of them.
enum { ELBOW_HDF5_CHUNKS_MAX = 32 };

// The function has the lock from here to its end: what is called from outside begins with it.
#define ELBOW_HDF5_GUARD                                                                                               \
    elbow_hdf5_lock();                                                                                                 \
    __attribute__((cleanup(elbow_hdf5_unlock_guard), unused)) const bool guard = true

// Local. What the guard ends with.
void elbow_hdf5_unlock_guard(const bool *guard);

struct elbow_hdf5_pieces; // elbow/data/detail/pieces.h

// What the sources of a virtual dataset ask of whoever reads it: of all that have as many axes as it, or more, the
// longest chunk along each axis (zeroed: none has chunks).
struct elbow_hdf5_origins {
    elbow_path name; // of the virtual dataset
    hsize_t chunk[ELBOW_HDF5_RANK_MAX];
    hsize_t least;                    // rows of the shortest chunk; 0: none has chunks
    uint64_t across;                  // chunks that one row meets at most, at least 1
    uint64_t reading;                 // bytes that a read takes to unpack a chunk, at most
    uint64_t kept;                    // bytes that are taken while a source is open, at most
    uint64_t files;                   // that hold sources, one after the other
    struct elbow_hdf5_pieces *pieces; // by which it is read; NULL: libhdf5 reads it
    void (*end)(struct elbow_hdf5_pieces **pieces);
};

// Shows whether a file on disk has been changed.
struct elbow_hdf5_stamp {
    bool is_known;
    uint64_t size;
    int64_t seconds; // of the last change: parts of a second are not told alike by all file systems
};

// An open file. Whatever id a function opens it closes again, so that at the end only `id` is left.
struct elbow_hdf5 {
    hid_t id;
    char name[ELBOW_PATH_SIZE];         // for messages
    size_t user_block;                  // bytes in front, of a file made in memory
    struct elbow_hdf5_buffer *buffer;   // of a file made in memory; not owned
    bool is_memory;                     // no file on disk
    struct elbow_hdf5_stamp stamp;      // of a file on disk that is read
    bool is_written;                    // opened for writing
    bool is_broken;                     // a write failed: what comes later goes nowhere
    struct elbow_error error;           // of a file that is written: the first one
    struct elbow_hdf5_origins *origins; // of the virtual dataset that was looked at last; owned
    // Set by whoever opened the file for writing: what is to be done before it is closed; sets `error`.
    void (*finish)(struct elbow_hdf5 *file);
};

// Local. Sets the sentence "NAME: text (HDF5: reason)"; the reason is the innermost line of HDF5's error stack, left
// out if the stack is empty. To be called before any other call of HDF5, which would clear the stack. Returns status.
enum elbow_status elbow_hdf5_fail(const struct elbow_hdf5 *file, enum elbow_status status, struct elbow_error *error,
                                  const char *format, ...) __attribute__((format(printf, 4, 5)));

// Local. Notes how a file is that was opened for reading; whether it still is so: MISMATCH. To be asked after a read.
void elbow_hdf5_stamp(struct elbow_hdf5 *file);
enum elbow_status elbow_hdf5_check_steady(const struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Makes the groups above a dataset that are missing, of a file that is written.
void elbow_hdf5_create_groups(struct elbow_hdf5 *file, const char *name);

// Local. The same after a failed write, into the file's error, if it is the first one. HDF5 tries to write again what
// it could not write, at every close and at the end of the program, and crashes there: so the file on disk gets nothing
// any more, the rest goes to memory that is thrown away.
void elbow_hdf5_fail_write(struct elbow_hdf5 *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. A new struct for a file of this name, not open yet.
enum elbow_status elbow_hdf5_prepare(const char *name, struct elbow_hdf5 **file, struct elbow_error *error);

// Local. A new access property list; negative if there is none.
hid_t elbow_hdf5_access(bool writes);

// Local. A new creation property list: object times off, so that the same contents give the same bytes.
hid_t elbow_hdf5_file_creation(void);

// Local. HDF5's type of an element in memory, and in new files (little endian).
hid_t elbow_hdf5_native_type(enum elbow_element element);
hid_t elbow_hdf5_stored_type(enum elbow_element element);

// Local. Opens an object of the file; negative if it is missing (link by link, so that nothing is put on the error
// stack).
hid_t elbow_hdf5_open_object(struct elbow_hdf5 *file, const char *name);

// Local. The space of rows [first, first + count) in the file, and *memory, theirs in memory; both to be closed.
// Negative, and both closed, on failure.
hid_t elbow_hdf5_select_rows(hid_t dataset, uint64_t first, uint64_t count, hid_t *memory);

// Local. FORMAT, with the rows, if a chunk of rows [first, first + count) unpacks to other than a chunk's bytes: to be
// asked before libhdf5 reads them.
enum elbow_status elbow_hdf5_check_chunks(struct elbow_hdf5 *file, hid_t dataset, const char *name, uint64_t first,
                                          uint64_t count, struct elbow_error *error);

// Local. Likewise of the chunks that a box touches, from `first` up to `end` along each axis.
enum elbow_status elbow_hdf5_check_box(struct elbow_hdf5 *file, hid_t dataset, const char *name, const hsize_t *first,
                                       const hsize_t *end, struct elbow_error *error);

// Local. What elbow_hdf5_unpack_rows takes beside the rows of whole chunks, each of `packed` bytes; `otherwise`: what
// libhdf5 takes where it is left to it.
uint64_t elbow_hdf5_unpack_bytes(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t packed,
                                 uint64_t otherwise);

// Local. Whether a stream, which is whole, inflates to so many bytes, into out.
bool elbow_hdf5_inflate(const void *packed, size_t size, void *out, size_t bytes);

// Local. Reads rows whose chunks consist of whole rows, shuffled or deflated or both, from each chunk once. False if
// they are stored otherwise, or if anything is amiss with them: libhdf5 is to be asked then, and `out` holds anything.
bool elbow_hdf5_unpack_rows(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t first, uint64_t count,
                            void *out);

enum { ELBOW_HDF5_WHAT_SIZE = 1024 }; // of a predicate: "is a group"

// Local. A short text attribute of an object; empty if there is none, or a longer one.
enum { ELBOW_HDF5_WORD_SIZE = 64 };
void elbow_hdf5_read_word(struct elbow_hdf5 *file, const char *object, const char *attribute,
                          char word[ELBOW_HDF5_WORD_SIZE]);

// Local. The path of a member of a group; false: too long.
bool elbow_hdf5_member(const char *group, const char *member, elbow_path path);

enum elbow_hdf5_matrix_kind {
    ELBOW_MATRIX_NONE,    // no sparse matrix
    ELBOW_MATRIX_ROWS,    // CSR
    ELBOW_MATRIX_COLUMNS, // CSC
    ELBOW_MATRIX_CELLS,   // of 10x Genomics: its rows are the cells
    ELBOW_MATRIX_UNSAID   // data, indices and indptr, but no word of which of both they are
};

// What a group says of the sparse matrix that it holds; nothing of that has been checked.
struct elbow_hdf5_matrix {
    enum elbow_hdf5_matrix_kind kind;
    bool has_shape;
    int64_t rows, columns;
};

// Local.
struct elbow_hdf5_matrix elbow_hdf5_look_at_matrix(struct elbow_hdf5 *file, const char *group);

// What tells objects apart, whatever their names.
struct elbow_hdf5_identity {
    unsigned long file;
    unsigned char object[16];
};

// Local. Of an open object, and whether it has several names. False if it cannot be read.
bool elbow_hdf5_identify(hid_t object, struct elbow_hdf5_identity *identity, bool *is_shared);

// Local. "is a sparse matrix ...", with what to do where a dataset is needed; false if a group holds none.
bool elbow_hdf5_describe_sparse(struct elbow_hdf5 *file, const char *group, char *what, size_t size);

// Local. Opens a dataset and describes it. Errors as of elbow_hdf5_describe_dataset.
enum elbow_status elbow_hdf5_open_dataset(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                          struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. The same for a dataset of numbers or of texts, of which the info has rank and shape only.
enum elbow_status elbow_hdf5_open_any(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                      struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. Describes a dataset that was opened just now; on failure it is closed.
enum elbow_status elbow_hdf5_describe_opened(const struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                             struct elbow_hdf5_info *info, struct elbow_error *error);

// Local. How an open dataset is stored. FORMAT.
enum elbow_status elbow_hdf5_describe_layout(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                             const struct elbow_hdf5_info *info, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error);

// Local. What elbow_hdf5_describe_storage does, without a look at the sources of a virtual dataset.
enum elbow_status elbow_hdf5_describe_alone(struct elbow_hdf5 *file, const char *name,
                                            struct elbow_hdf5_storage *storage, struct elbow_error *error);

// Local. What is remembered of the sources of a virtual dataset; NULL: nothing is.
const struct elbow_hdf5_origins *elbow_hdf5_known_origins(const struct elbow_hdf5 *file, const char *name);

// Local. Looks at the sources of a virtual dataset of a file that is read, or remembers them; none of them may be open.
// Virtual ones among them are passed over. FORMAT, MEMORY.
enum elbow_status elbow_hdf5_look_at_origins(struct elbow_hdf5 *file, const char *name,
                                             const struct elbow_hdf5_origins **origins, struct elbow_error *error);

// Local. Opens a dataset to read its values. *origins is NULL unless it is virtual. If that has pieces, it is read by
// these, and *dataset is negative; else its sources keep no chunks from one read to the next, as there may be many of
// them. Errors as of elbow_hdf5_open_dataset, MEMORY.
enum elbow_status elbow_hdf5_open_values(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                         struct elbow_hdf5_info *info, const struct elbow_hdf5_origins **origins,
                                         struct elbow_error *error);

// Local. Opens an open dataset anew, if its raw files are beside the file that refers to them and nowhere where libhdf5
// would look for them. The dataset that is to be used; negative, and closed, on failure.
hid_t elbow_hdf5_open_beside(struct elbow_hdf5 *file, hid_t dataset, const char *name);

// Local. FORMAT, with a sentence, for a name that leads nowhere (`looked_up`: what elbow_hdf5_find gave, with its
// error), for an object that cannot be opened (called right after that), for a group.
enum elbow_status elbow_hdf5_fail_missing(struct elbow_hdf5 *file, const char *name, enum elbow_status looked_up,
                                          struct elbow_error *error);
enum elbow_status elbow_hdf5_fail_unreadable(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);
enum elbow_status elbow_hdf5_fail_group(struct elbow_hdf5 *file, const char *name, struct elbow_error *error);

// Local. The filters of a chunked dataset into storage; false if they cannot be read.
bool elbow_hdf5_describe_filters(hid_t creation, struct elbow_hdf5_storage *storage);

// What is wanted of a dataset that is looked at; depth: of virtual datasets around it.
struct elbow_hdf5_wanted {
    int depth;
    hid_t space;   // has it selected, and the selection an end; H5S_ALL: everything
    bool may_lack; // chunks, of the dataset itself
    bool is_whole; // set: everything is there, whatever is wanted
};

// Looks at an open dataset, and closes it.
typedef enum elbow_status elbow_hdf5_check(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                           struct elbow_error *error);

// Local. Parts of elbow_hdf5_check_storage: sources of a virtual dataset (which is closed; `check` looks at each), raw
// files, filters that its chunks need.
enum elbow_status elbow_hdf5_check_virtual(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                           elbow_hdf5_check *check, struct elbow_error *error);
enum elbow_status elbow_hdf5_check_raw(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                       const struct elbow_hdf5_info *info, struct elbow_error *error);
enum elbow_status elbow_hdf5_check_filters(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           struct elbow_error *error);

// Local. Whether a chunk was packed with the filter of this index (which may be left out where it does not help); true
// where that cannot be told. The time it takes grows with the chunks that are there.
bool elbow_hdf5_uses_filter(hid_t dataset, int index);

// Local. The first and the last row of chunks that were never written, of which there are some; both unchanged where
// that cannot be told. The time it takes grows with the chunks that were.
void elbow_hdf5_find_unwritten(hid_t dataset, uint64_t *first, uint64_t *last);

// Local. Whether the chunks that hold the selected values were written; if not, the rows of one that was not (both
// unchanged where that cannot be told). The time it takes grows with the chunks that were.
bool elbow_hdf5_are_written(hid_t dataset, hid_t wanted, uint64_t *first, uint64_t *last);

// Local. Where a file lies that another one (`home`) refers to by `name`; false if it is nowhere. The variable names
// directories (HDF5_VDS_PREFIX, HDF5_EXT_PREFIX).
bool elbow_hdf5_resolve(const char *variable, const char *home, const char *name, elbow_path path);

// Local. Parts of that: whether there is a regular file, the directory of a path (with the slash, or empty), a name in
// a directory, and in one in which ${ORIGIN} is home's. False: too long.
bool elbow_hdf5_is_file(const char *path);
void elbow_hdf5_directory(const char *path, elbow_path directory);
bool elbow_hdf5_join(const char *directory, const char *name, elbow_path path);
bool elbow_hdf5_join_prefix(const char *prefix, const char *home, const char *name, elbow_path path);

// Local. The path of the file that an open object lies in.
bool elbow_hdf5_home(hid_t object, elbow_path home);

// Local. "is a link to /x in part.h5, and there is no such file"; false if it is no link that leads elsewhere.
bool elbow_hdf5_describe_link(struct elbow_hdf5 *file, const char *link, char *what, size_t size);

// Local. Describes an open dataset; on failure (the type is none of numbers, too many dimensions) *what tells what it
// is.
enum elbow_status elbow_hdf5_describe_id(hid_t dataset, struct elbow_hdf5_info *info, char *what, size_t size);

#endif
