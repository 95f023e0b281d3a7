// SPDX-License-Identifier: BSD-3-Clause
// Event files. The messages are those of TensorFlow's event.proto and summary.proto; TensorBoard reads these few fields
// of them.
#include "elbow/output/events.h"

#include "elbow/base/bytes.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/math/crc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Fields.
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SCALAR = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLOURS = 3, IMAGE_BYTES = 4 };

enum { HEAD_SIZE = 12, TAIL_SIZE = 4, TIME_SIZE = 9, PNG_HEAD = 26 };
static const char VERSION[] = "brain.Event:2";
static const size_t WAITING_MAX = (size_t)64 << 20, RECORD_MAX = (size_t)1 << 30;

static uint32_t masked(const void *bytes, size_t size)
{
    uint32_t crc = elbow_crc32c(bytes, size);
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

// Appends the event in its frame.
static void frame(const struct elbow_protobuf *event, struct elbow_protobuf *records)
{
    unsigned char head[HEAD_SIZE], tail[TAIL_SIZE];
    elbow_bytes_put(head, event->size, 8);
    elbow_bytes_put(head + 8, masked(head, 8), 4);
    elbow_bytes_put(tail, masked(event->bytes, event->size), TAIL_SIZE);
    elbow_protobuf_raw(records, head, sizeof head);
    elbow_protobuf_raw(records, event->bytes, event->size);
    elbow_protobuf_raw(records, tail, sizeof tail);
}

static void begin_event(struct elbow_protobuf *event)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    elbow_protobuf_empty(event);
    elbow_protobuf_double(event, EVENT_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
}

// The first record of a file.
static void make_first(struct elbow_events *events, struct elbow_protobuf *records)
{
    begin_event(&events->event);
    elbow_protobuf_text(&events->event, EVENT_VERSION, VERSION);
    frame(&events->event, records);
}

// The step of an event, which follows its time; 0 if there is none.
static uint64_t step_of(const unsigned char *event, size_t size)
{
    uint64_t step = 0;
    if (size <= TIME_SIZE + 1 || event[0] != (EVENT_TIME << 3 | 1) || event[TIME_SIZE] != EVENT_STEP << 3)
        return 0;
    for (size_t i = TIME_SIZE + 1, shift = 0; i < size && shift < 64; ++i, shift += 7) {
        step |= (uint64_t)(event[i] & 127) << shift;
        if (event[i] < 128)
            break;
    }
    return step;
}

// Reads the record at `from`: its event (owned by the caller), if it is complete and intact, and its end. False if
// there is none.
static bool read_record(int file, off_t from, char **event, size_t *size, off_t *end)
{
    unsigned char head[HEAD_SIZE], tail[TAIL_SIZE];
    *event = NULL;
    if (pread(file, head, sizeof head, from) != HEAD_SIZE || elbow_bytes_get(head + 8, 4) != masked(head, 8) ||
        elbow_bytes_get(head, 8) > RECORD_MAX)
        return false;
    *size = (size_t)elbow_bytes_get(head, 8);
    *end = from + HEAD_SIZE + (off_t)*size + TAIL_SIZE;
    if (elbow_allocate(event, *size, 1, "an event", NULL) != ELBOW_OK)
        return false;
    return pread(file, *event, *size, from + HEAD_SIZE) == (ssize_t)*size &&
           pread(file, tail, sizeof tail, *end - TAIL_SIZE) == TAIL_SIZE &&
           elbow_bytes_get(tail, TAIL_SIZE) == masked(*event, *size);
}

// The offset of the first event after `step`, or of the first damaged record; *records: the number of records before
// it.
static off_t find_end(int file, uint64_t step, size_t *records)
{
    off_t end = 0, next;
    for (*records = 0;; ++*records, end = next) {
        char *event;
        size_t size;
        bool stays =
            read_record(file, end, &event, &size, &next) && step_of((const unsigned char *)event, size) <= step;
        elbow_release(&event);
        if (!stays)
            return end;
    }
}

// True if a file begins like an event file, as far as it goes: a crash may have truncated its first record.
static bool is_event_file(int file)
{
    char *event, head[64] = "";
    size_t size;
    off_t end;
    bool is_own = read_record(file, 0, &event, &size, &end) && memmem(event, size, VERSION, sizeof VERSION - 1) != NULL;
    elbow_release(&event);
    if (is_own)
        return true;
    ssize_t length = pread(file, head, sizeof head, 0);
    size_t first = HEAD_SIZE + TIME_SIZE + 2 + sizeof VERSION - 1 + TAIL_SIZE;
    return length >= 0 && (size_t)length < first && (length == 0 || head[0] == (char)(first - HEAD_SIZE - TAIL_SIZE));
}

bool elbow_events_has_any(const struct elbow_directory *directory)
{
    size_t records = 0;
    int file =
        openat(elbow_directory_descriptor(directory), ELBOW_EVENTS_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return false;
    if (is_event_file(file))
        find_end(file, UINT64_MAX, &records);
    close(file);
    return records > 1;
}

static enum elbow_status fail(struct elbow_events *events, int reason, struct elbow_error *error)
{
    events->reason = reason;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", events->path, elbow_file_reason(reason));
}

static int open_file(const struct elbow_directory *directory)
{
    int file = elbow_file_open(directory, ELBOW_EVENTS_NAME, O_APPEND); // write only
    if (file >= 0)
        close(file);
    return file < 0 ? -1
                    : openat(elbow_directory_descriptor(directory), ELBOW_EVENTS_NAME,
                             O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

enum elbow_status elbow_events_open(const struct elbow_directory *directory, uint64_t step, struct elbow_events *events,
                                    struct elbow_error *error)
{
    size_t records;
    *events = (struct elbow_events){.directory = directory};
    elbow_directory_name(directory, ELBOW_EVENTS_NAME, events->path);
    events->file = open_file(directory);
    if (events->file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", events->path, elbow_file_reason(errno));
    events->is_open = true;
    if (!is_event_file(events->file))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is not an event file of TensorBoard; move the file elsewhere",
                               events->path);
    events->end = find_end(events->file, step, &records);
    if (ftruncate(events->file, events->end) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", events->path, elbow_file_reason(errno));
    if (records > 0)
        return ELBOW_OK;
    make_first(events, &events->waiting);
    return elbow_events_flush(events, error);
}

void elbow_events_begin(struct elbow_events *events, uint64_t step)
{
    ELBOW_CHECK(events->is_open);
    begin_event(&events->event);
    elbow_protobuf_integer(&events->event, EVENT_STEP, step);
    events->summary = elbow_protobuf_begin(&events->event, EVENT_SUMMARY);
}

void elbow_events_scalar(struct elbow_events *events, const char *tag, double value)
{
    size_t begin = elbow_protobuf_begin(&events->event, SUMMARY_VALUE);
    elbow_protobuf_text(&events->event, VALUE_TAG, tag);
    elbow_protobuf_float(&events->event, VALUE_SCALAR, (float)value);
    elbow_protobuf_end(&events->event, begin);
}

// The size and the colours are at the beginning of a PNG file, with the highest byte first.
void elbow_events_image(struct elbow_events *events, const char *tag, const char *png, size_t size)
{
    const unsigned char *head = (const unsigned char *)png;
    if (size < PNG_HEAD)
        return;
    uint64_t width = (uint64_t)head[16] << 24 | head[17] << 16 | head[18] << 8 | head[19];
    uint64_t height = (uint64_t)head[20] << 24 | head[21] << 16 | head[22] << 8 | head[23];
    size_t begin = elbow_protobuf_begin(&events->event, SUMMARY_VALUE);
    elbow_protobuf_text(&events->event, VALUE_TAG, tag);
    size_t image = elbow_protobuf_begin(&events->event, VALUE_IMAGE);
    elbow_protobuf_integer(&events->event, IMAGE_HEIGHT, height);
    elbow_protobuf_integer(&events->event, IMAGE_WIDTH, width);
    elbow_protobuf_integer(&events->event, IMAGE_COLOURS, head[25] == 2 ? 3 : 1); // RGB, or grey
    elbow_protobuf_bytes(&events->event, IMAGE_BYTES, png, size);
    elbow_protobuf_end(&events->event, image);
    elbow_protobuf_end(&events->event, begin);
}

enum elbow_status elbow_events_end(struct elbow_events *events, struct elbow_error *error)
{
    elbow_protobuf_end(&events->event, events->summary);
    bool fits = !events->event.lacks_memory && events->event.size < WAITING_MAX - events->waiting.size;
    size_t before = events->waiting.size;
    if (fits)
        frame(&events->event, &events->waiting);
    if (events->waiting.lacks_memory) { // half of a frame may be there
        events->waiting.size = before;
        events->waiting.lacks_memory = fits = false;
    }
    enum elbow_status status = elbow_events_flush(events, error);
    if (fits)
        return status;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: events are lost: there is no memory for more pending ones",
                           events->path);
}

// Follows the name: if another file has it now, opens that one. *begins: the file was removed, and a new one begins.
static bool follow(struct elbow_events *events, bool *begins)
{
    struct stat open_one, named;
    int directory = elbow_directory_descriptor(events->directory);
    *begins = fstatat(directory, ELBOW_EVENTS_NAME, &named, 0) != 0;
    if (*begins && errno != ENOENT)
        return false;
    if (!*begins && fstat(events->file, &open_one) == 0 && open_one.st_ino == named.st_ino &&
        open_one.st_dev == named.st_dev)
        return true;
    int file = open_file(events->directory);
    if (file < 0)
        return false;
    close(events->file);
    events->file = file;
    return true;
}

// Removes a partly written event.
static void cut_back(struct elbow_events *events)
{
    struct stat about;
    if (fstat(events->file, &about) == 0 && about.st_size > events->end && ftruncate(events->file, events->end) != 0)
        events->end = about.st_size;
}

enum elbow_status elbow_events_flush(struct elbow_events *events, struct elbow_error *error)
{
    bool begins;
    struct stat about;
    if (!events->is_open)
        return ELBOW_OK;
    if (!follow(events, &begins) || fstat(events->file, &about) != 0)
        return fail(events, errno, error);
    struct elbow_protobuf records = {0};
    if (begins) {
        make_first(events, &records);
        elbow_protobuf_raw(&records, events->waiting.bytes, events->waiting.size);
        if (records.lacks_memory) {
            elbow_protobuf_clear(&records);
            return fail(events, ENOMEM, error);
        }
        elbow_protobuf_clear(&events->waiting);
        events->waiting = records;
    }
    events->end = about.st_size;
    if (events->waiting.size > 0 && !elbow_file_put(events->file, events->waiting.bytes, events->waiting.size)) {
        int reason = errno;
        cut_back(events);
        return fail(events, reason, error);
    }
    events->end += (off_t)events->waiting.size;
    elbow_protobuf_empty(&events->waiting);
    if (!begins)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: has been removed; it begins again, and its former events are lost",
                           events->path);
}

bool elbow_events_wait_for_space(const struct elbow_events *events)
{
    return events->is_open && events->waiting.size > 0 && elbow_file_is_full(events->reason);
}

void elbow_events_close(struct elbow_events *events)
{
    if (events->is_open)
        close(events->file);
    elbow_protobuf_clear(&events->event);
    elbow_protobuf_clear(&events->waiting);
    *events = (struct elbow_events){0};
}
