// SPDX-License-Identifier: BSD-3-Clause
// A fuzz target without a fuzzer: runs every file of the given folders. The kept inputs are valid files and former
// findings, so that none returns.
#include "fuzz.h"

#include <dirent.h>

enum { PATH_SIZE = 4096 };

static int replay(const char *path)
{
    FILE *stream = fopen(path, "rb");
    long size = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0)
        size = ftell(stream);
    if (size < 0) {
        perror(path);
        return -1;
    }
    rewind(stream);
    uint8_t *data = malloc((size_t)size + (size == 0)); // of exactly its size, so that a sanitizer sees its end
    size_t got = fread(data, 1, (size_t)size, stream);
    fclose(stream);
    fprintf(stderr, "%s\n", path); // so that the last printed name is that of the input that failed
    LLVMFuzzerTestOneInput(data, got);
    free(data);
    return 0;
}

// The number of files that ran; below zero if one could not be read.
static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        return -1;
    }
    int count = 0;
    for (struct dirent *entry; count >= 0 && (entry = readdir(folder)) != NULL;) {
        char file[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        count = replay(file) == 0 ? count + 1 : -1;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    if (freopen("/dev/null", "w", stdout) == NULL)
        return EXIT_FAILURE;
    for (int i = 1; i < argc; ++i) {
        int count = replay_folder(argv[i]);
        if (count < 0)
            return EXIT_FAILURE;
        total += count;
    }
    fprintf(stderr, "%d inputs\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE; // a test that ran nothing has failed
}
