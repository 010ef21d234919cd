/* compare_csv - compares two CSV files cell by cell, byte by byte, leaving out the named columns.
 *
 *   compare_csv EXPECTED FOUND [COLUMN...]
 *
 * Quotes count: a cell must be written in the same way. Exit 0: equal; 1: not, with the first differences on standard
 * output; 2: a file cannot be read. Uses no code of pol, so that it cannot share a mistake with it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 512, SHOWN = 20 };

struct file {
    char *data;
    size_t size, at, row;
};

struct row { /* cells as they are written, with their quotes */
    size_t count;
    const char *cell[COLUMNS];
    size_t size[COLUMNS];
};

static bool load(const char *path, struct file *out) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    *out = (struct file){0};
    size_t capacity = 0, got;
    do {
        if (out->size == capacity) {
            capacity = capacity == 0 ? 1 << 16 : capacity * 2;
            out->data = realloc(out->data, capacity);
            if (out->data == NULL) {
                abort();
            }
        }
        got = fread(out->data + out->size, 1, capacity - out->size, file);
        out->size += got;
    } while (got > 0);
    bool good = ferror(file) == 0;
    fclose(file);
    return good;
}

/* The next row; false at the end. Cells beyond COLUMNS end up in the last one. */
static bool next_row(struct file *f, struct row *row) {
    if (f->at >= f->size) {
        return false;
    }
    f->row++;
    row->count = 1;
    row->cell[0] = f->data + f->at;
    row->size[0] = 0;
    bool quoted = false;
    for (; f->at < f->size; f->at++) {
        char c = f->data[f->at];
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\n' && !quoted) {
            f->at++;
            return true;
        } else if (c == ',' && !quoted && row->count < COLUMNS) {
            row->cell[row->count] = f->data + f->at + 1;
            row->size[row->count] = 0;
            row->count++;
            continue;
        }
        row->size[row->count - 1]++;
    }
    return true;
}

static void show_row(const char *what, const struct row *row) {
    printf("  %s: ", what);
    for (size_t i = 0; i < row->count; i++) {
        printf("%s%.*s", i == 0 ? "" : ",", (int)row->size[i], row->cell[i]);
    }
    printf("\n");
}

static bool rows_equal(const struct row *a, const struct row *b, const bool *ignored) {
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!ignored[i] && (a->size[i] != b->size[i] || memcmp(a->cell[i], b->cell[i], a->size[i]) != 0)) {
            return false;
        }
    }
    return true;
}

static void ignore_columns(const struct row *header, char **name, int count, bool *ignored) {
    for (size_t i = 0; i < header->count; i++) {
        for (int n = 0; n < count; n++) {
            if (header->size[i] == strlen(name[n]) && memcmp(header->cell[i], name[n], header->size[i]) == 0) {
                ignored[i] = true;
            }
        }
    }
}

static size_t compare(struct file *expected, struct file *found, char **name, int count) {
    static struct row a, b; /* large */
    bool ignored[COLUMNS] = {false};
    size_t differences = 0;
    for (;;) {
        bool more = next_row(expected, &a), too = next_row(found, &b);
        if (!more && !too) {
            return differences;
        }
        if (expected->row == 1 && more) {
            ignore_columns(&a, name, count, ignored);
        }
        if (more && too && rows_equal(&a, &b, expected->row == 1 ? (bool[COLUMNS]){false} : ignored)) {
            continue;
        }
        if (differences++ < SHOWN) {
            printf("row %zu\n", more ? expected->row : found->row);
            if (more) {
                show_row("expected", &a);
            }
            if (too) {
                show_row("found   ", &b);
            }
        }
    }
}

int main(int argc, char **argv) {
    struct file expected, found;
    if (argc < 3) {
        fprintf(stderr, "usage: compare_csv EXPECTED FOUND [COLUMN...]\n");
        return 2;
    }
    if (!load(argv[1], &expected) || !load(argv[2], &found)) {
        return 2;
    }
    bool last_line = found.size > 0 && found.data[found.size - 1] == '\n';
    size_t differences = compare(&expected, &found, argv + 3, argc - 3);
    if (!last_line) {
        printf("the last line has no end\n");
        differences++;
    }
    if (differences > 0) {
        printf("%s: %zu rows differ\n", argv[2], differences);
    }
    free(expected.data);
    free(found.data);
    return differences > 0;
}
