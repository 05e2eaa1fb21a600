/* png.c -- a picture as grey bytes, by libpng's simplified interface. */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"

#include <png.h>
#include <string.h>

enum { SIDE_MAX = 16384 }; // pixels: a quarter of a GiB at most

limen_status lm_png_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err)
{
    png_image image;

    *out = (lm_array){ 0 };
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes, size))
        return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: %.80s", name,
                            image.message);
    if (image.width > SIDE_MAX || image.height > SIDE_MAX) {
        png_image_free(&image);
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: a picture wider or higher than %d", name,
                            SIDE_MAX);
    }
    image.format = PNG_FORMAT_GRAY;
    out->dims = 2;
    out->shape[0] = image.height;
    out->shape[1] = image.width;
    const limen_status status = lm_array_new(out, true, name, err);
    if (status != LIMEN_OK) {
        png_image_free(&image);
        return status;
    }
    // transparent pixels lie on black, as the images of MNIST do
    const png_color black = { 0, 0, 0 };
    if (!png_image_finish_read(&image, &black, out->bytes, 0, NULL)) {
        lm_array_free(out);
        return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: %.80s", name,
                            image.message);
    }
    return LIMEN_OK;
}
