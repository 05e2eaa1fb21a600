/* data_find.c -- names and folders to files. */
#include "io/data_find.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_file(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* One IDX file of a folder in any of its usual spellings. */
static bool find_one(char path[1024], const char *folder, const char *split,
                     const char *what)
{
    static const char *const spelling[] = { "%s/%s-%s-ubyte",
                                            "%s/%s-%s-ubyte.gz" };
    const char *dims = strcmp(what, "images") == 0 ? "idx3" : "idx1";
    char kind[32];

    for (size_t k = 0; k < 4; k++) {
        // train-images-idx3-ubyte and train-images.idx3-ubyte
        snprintf(kind, sizeof kind, "%s%c%s", what, k < 2 ? '-' : '.', dims);
        const int written =
            k % 2 == 0 ? snprintf(path, 1024, spelling[0], folder, split, kind)
                       : snprintf(path, 1024, spelling[1], folder, split, kind);
        if (written > 0 && written < 1024 && is_file(path))
            return true;
    }
    return false;
}

static bool find_pair(lm_data_files *out, const char *folder, limen_split split)
{
    const char *name = split == LIMEN_TRAIN ? "train" : "t10k";

    return find_one(out->images, folder, name, "images") &&
           find_one(out->labels, folder, name, "labels");
}

/* Tries a folder and the places below it where sets are usually put. */
static bool find_below(lm_data_files *out, const char *folder, const char *name,
                       limen_split split)
{
    static const char *const below[] = { "%s", "%s/%s", "%s/%s/raw" };
    const char *other = strcmp(name, "mnist") == 0 ? "MNIST" : "FashionMNIST";
    char path[1024];

    if (folder == NULL || folder[0] == '\0')
        return false;
    for (size_t k = 0; k < 5; k++) {
        const char *set = k % 2 == 0 ? name : other;
        int written;

        if (k == 0)
            written = snprintf(path, sizeof path, "%s", folder);
        else if (k < 3)
            written = snprintf(path, sizeof path, below[1], folder, set);
        else
            written = snprintf(path, sizeof path, below[2], folder, set);
        if (written > 0 && (size_t)written < sizeof path &&
            find_pair(out, path, split))
            return true;
    }
    return false;
}

static limen_status find_named(lm_data_files *out, const char *name,
                               const char *dir, limen_split split,
                               limen_error *err)
{
    const bool is_mnist = strcmp(name, "mnist") == 0;

    if (dir != NULL && dir[0] != '\0') {
        if (find_below(out, dir, name, split))
            return LIMEN_OK;
    } else if (find_below(out, getenv("LIMEN_DATA"), name, split) ||
               find_below(out, "/usr/share/datasets", name, split) ||
               find_below(out, "data", name, split)) {
        return LIMEN_OK;
    }
    if (!is_mnist)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "fashion-mnist is not there; install the package "
                            "dataset-fashion-mnist, or name its folder with "
                            "--data-dir");
    return lm_error_set(
        err, LIMEN_BAD_FILE,
        "mnist is not there; put train-images-idx3-ubyte, "
        "train-labels-idx1-ubyte, t10k-images-idx3-ubyte and "
        "t10k-labels-idx1-ubyte (or their .gz) into a folder and name it "
        "with --data-dir");
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text);
    const size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* path with `from` in its file name replaced by `to`. */
static bool replaced(char out[1024], const char *path, const char *from,
                     const char *to)
{
    const char *slash = strrchr(path, '/');
    const char *at = strstr(slash == NULL ? path : slash, from);

    if (at == NULL)
        return false;
    const int written = snprintf(out, 1024, "%.*s%s%s", (int)(at - path), path,
                                 to, at + strlen(from));
    return written > 0 && written < 1024;
}

/* The labels beside an images' file. */
static limen_status find_labels(lm_data_files *out, const char *path,
                                limen_error *err)
{
    char half[1024];

    snprintf(out->images, sizeof out->images, "%s", path);
    if (ends_with(path, ".npz") || ends_with(path, ".csv"))
        return LIMEN_OK;
    if (ends_with(path, ".npy"))
        (void)replaced(out->labels, path, ".npy", "-labels.npy");
    else if (replaced(half, path, "images", "labels"))
        (void)(replaced(out->labels, half, "idx3", "idx1") ||
               snprintf(out->labels, sizeof out->labels, "%s", half) > 0);
    if (out->labels[0] == '\0' || !is_file(out->labels))
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: its labels are not beside it; they "
                            "belong into %.150s",
                            path,
                            out->labels[0] == '\0' ? "a file named ...labels..."
                                                   : out->labels);
    return LIMEN_OK;
}

limen_status lm_data_find(lm_data_files *out, const char *name, const char *dir,
                          limen_split split, limen_error *err)
{
    *out = (lm_data_files){ 0 };
    if (strcmp(name, "fashion-mnist") == 0 || strcmp(name, "mnist") == 0)
        return find_named(out, name, dir, split, err);
    if (strlen(name) >= 1000)
        return lm_error_set(err, LIMEN_BAD_FILE, "%.60s...: too long a path",
                            name);
    if (is_folder(name)) {
        if (find_pair(out, name, split))
            return LIMEN_OK;
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: no %s-images-idx3-ubyte and "
                            "%s-labels-idx1-ubyte (or their .gz) in it",
                            name, split == LIMEN_TRAIN ? "train" : "t10k",
                            split == LIMEN_TRAIN ? "train" : "t10k");
    }
    if (!is_file(name))
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: no such set, file or folder; the sets "
                            "known by name are fashion-mnist and mnist",
                            name);
    if (split == LIMEN_TEST && !ends_with(name, ".npz"))
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: one file has no test split of its own",
                            name);
    return find_labels(out, name, err);
}
