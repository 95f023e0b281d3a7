// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints. The first byte of an input chooses: the rest is a whole file, which must not pass unless its seal fits;
// or the rest is a list of changes to the contents of a sound checkpoint, which is then sealed, so that the contents
// are read. (HDF5's own reading of hostile bytes is fuzz_hdf5's.)
#include "checkpoint_image.h"

#include "elbow/evaluate/describe.h"

// A change of the configuration's text: bytes taken out at a place, others put in.
static void change_text(struct fuzz_input *input, char *text, size_t room)
{
    size_t length = strlen(text), at = fuzz_take(input, 2) % (length + 1), out = fuzz_take(input, 1);
    size_t in = fuzz_take(input, 1);
    out = out > length - at ? length - at : out;
    in = in > input->size ? input->size : in;
    if (length - out + in >= room)
        return;
    memmove(text + at + in, text + at + out, length - at - out + 1);
    for (size_t i = 0; i < in; ++i) {
        char byte = (char)fuzz_take(input, 1);
        text[at + i] = byte == '\0' ? ' ' : byte;
    }
}

static void change_dataset(struct fuzz_input *input, struct image_item *item)
{
    item->element = (enum elbow_element)(fuzz_take(input, 1) % (ELBOW_ELEMENT_FLOAT64 + 1));
    item->rank = (int)(fuzz_take(input, 1) % 6);
    for (int k = 0; k < item->rank; ++k)
        item->shape[k] = fuzz_take(input, 1) % 9;
}

static void change(struct fuzz_input *input, struct image_plan *plan)
{
    struct image_item *item = &plan->items[fuzz_take(input, 1) % plan->count];
    uint64_t bits, action = fuzz_take(input, 1) % 6;
    switch (action) {
    case 0:
        item->kind = IMAGE_NOTHING;
        return;
    case 1:
    case 2:
        if (item->kind == IMAGE_DATASET)
            return;
        item->kind = action == 1 ? IMAGE_INTEGERS : IMAGE_DOUBLES;
        item->count = fuzz_take(input, 1) % (IMAGE_LIST_MAX + 1);
        for (size_t i = 0; i < item->count; ++i) {
            bits = fuzz_take(input, 8);
            memcpy(&item->integers[i], &bits, sizeof bits);
            memcpy(&item->doubles[i], &bits, sizeof bits);
        }
        return;
    case 3:
        if (item->kind == IMAGE_DATASET)
            return;
        item->kind = IMAGE_TEXT;
        change_text(input, item->text, sizeof item->text);
        return;
    case 4:
        change_text(input, plan->items[0].text, sizeof plan->items[0].text);
        return;
    default:
        if (item->kind == IMAGE_DATASET)
            change_dataset(input, item);
        return;
    }
}

// Reads, and returns the accepted contents as text.
static void expect_read(const void *image, size_t size, bool is_sound)
{
    static struct elbow_checkpoint checkpoint;
    struct elbow_error error = {0};
    FUZZ_EXPECT(elbow_checkpoint_verify("fuzz.h5", image, size, &error) == ELBOW_OK);
    checkpoint = (struct elbow_checkpoint){.path = "fuzz.h5"};
    enum elbow_status status = elbow_checkpoint_read("fuzz.h5", image, size, &checkpoint, &error);
    if (status == ELBOW_OK)
        elbow_describe_checkpoint(&checkpoint, stdout);
    elbow_checkpoint_clear(&checkpoint);
    FUZZ_EXPECT(status == ELBOW_OK || !is_sound);
    FUZZ_EXPECT(status == ELBOW_OK || strstr(error.message, "fuzz.h5: ") == error.message);
    FUZZ_EXPECT(status == ELBOW_OK || status == error.status);
}

static void run_changes(struct fuzz_input input)
{
    static struct image_plan plan;
    bool is_sound = input.size == 0;
    image_plan_sound(&plan);
    while (input.size > 0)
        change(&input, &plan);
    struct elbow_hdf5_buffer image = image_make(&plan);
    FUZZ_EXPECT(image.bytes != NULL || !is_sound);
    if (image.bytes != NULL)
        expect_read(image.bytes, image.size, is_sound);
    elbow_release(&image.bytes);
}

// A file of its own making passes only with the seal that its contents have.
static void run_file(const uint8_t *data, size_t size)
{
    struct elbow_error error = {0};
    enum elbow_status status = elbow_checkpoint_verify("fuzz.h5", data, size, &error);
    fuzz_expect_end(status, &error);
    if (status != ELBOW_OK)
        return;
    uint8_t *sealed = malloc(size);
    memcpy(sealed, data, size);
    elbow_checkpoint_seal(sealed, size);
    FUZZ_EXPECT(memcmp(sealed, data, size) == 0);
    free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 4 == 0)
        run_file(data + 1, size - 1);
    else
        run_changes((struct fuzz_input){data + 1, size - 1});
    fuzz_expect_end(ELBOW_OK, NULL);
    return 0;
}
