// SPDX-License-Identifier: BSD-3-Clause
// How much memory this node can still give: what the kernel calls available, and less where a job's control group has a
// limit. Pages of the file cache count as free: the kernel gives them back when they are asked for.
#include "elbow/base/text.h"
#include "elbow/parallel/shared.h"

#include <stdio.h>
#include <string.h>

// The number behind `key` in a file of "key number" lines (or the first number for a NULL key); UINT64_MAX if there is
// none.
static uint64_t read_number(const char *path, const char *key)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    char line[256];
    uint64_t value = UINT64_MAX;
    size_t skip = key == NULL ? 0 : strlen(key);
    while (value == UINT64_MAX && fgets(line, sizeof line, file) != NULL) {
        unsigned long long number;
        if ((key == NULL || (strncmp(line, key, skip) == 0 && strchr(" \t", line[skip]) != NULL)) &&
            sscanf(line + skip, " %llu", &number) == 1)
            value = number;
    }
    fclose(file);
    return value;
}

// The names that the two versions of control groups have for the same things.
struct group_files {
    const char *root, *limit, *usage, *inactive, *active;
};
static const struct group_files version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                                             "total_inactive_file", "total_active_file"};
static const struct group_files version_2 = {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file",
                                             "active_file"};

static uint64_t read_group(const struct group_files *files, const char *group, const char *name, const char *key)
{
    elbow_path path;
    if (!elbow_text_format(path, sizeof path, "%s%s/%s", files->root, group, name))
        return UINT64_MAX;
    return read_number(path, key);
}

// What a group's limit leaves; UINT64_MAX where it has none.
static uint64_t left_in_group(const struct group_files *files, const char *group)
{
    uint64_t limit = read_group(files, group, files->limit, NULL);
    uint64_t usage = read_group(files, group, files->usage, NULL);
    if (limit == UINT64_MAX || usage == UINT64_MAX)
        return UINT64_MAX;
    uint64_t inactive = read_group(files, group, "memory.stat", files->inactive);
    uint64_t active = read_group(files, group, "memory.stat", files->active);
    uint64_t cache = (inactive == UINT64_MAX ? 0 : inactive) + (active == UINT64_MAX ? 0 : active);
    usage = usage > cache ? usage - cache : 0;
    return limit > usage ? limit - usage : 0;
}

// The least that a group and those above it leave. `group` is destroyed.
static uint64_t left_upwards(const struct group_files *files, char *group)
{
    uint64_t least = left_in_group(files, "");
    while (group[0] != 0) {
        uint64_t left = left_in_group(files, group);
        least = left < least ? left : least;
        *strrchr(group, '/') = 0;
    }
    return least;
}

// The least that the control groups of this process leave: a line of /proc/self/cgroup is "number:controllers:/path".
static uint64_t left_in_groups(void)
{
    char line[ELBOW_PATH_SIZE];
    uint64_t least = UINT64_MAX;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return least;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL || group[1] != '/')
            continue;
        *group = 0;
        bool is_2 = controllers[1] == 0, is_1 = strstr(controllers, "memory") != NULL;
        if (!is_1 && !is_2)
            continue;
        uint64_t left = left_upwards(is_2 ? &version_2 : &version_1, group + 1);
        least = left < least ? left : least;
    }
    fclose(file);
    return least;
}

uint64_t elbow_comm_node_memory(void)
{
    uint64_t available = read_number("/proc/meminfo", "MemAvailable:"), groups = left_in_groups();
    available = available > UINT64_MAX / 1024 ? UINT64_MAX : available * 1024;
    return groups < available ? groups : available;
}
