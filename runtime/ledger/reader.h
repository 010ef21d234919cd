/* reader.h - reads a whole CSV file in parallel and hands it over in order.
 *
 * The file is cut into chunks of about `chunk_bytes`. A thread that takes a chunk does not know whether its first byte
 * lies inside a quoted cell; it supposes not and starts behind the first line feed. When its turn comes, that start is
 * compared with where the chunk before really ended: if they differ, the chunk is read again from there. So the result
 * is that of reading from beginning to end, whatever the chunks.
 *
 * A chunk is handed over to the consumer twice: its batches as they are read, on any thread and in any order of chunks
 * (and perhaps for a chunk that is then dropped); then the chunk as a whole, in order, one at a time. */
#ifndef POL_LEDGER_READER_H
#define POL_LEDGER_READER_H

#include "ledger/columns.h"

struct pol_csv_chunk {
    uint64_t begin, end; /* of its rows, as offsets of the input */
    uint64_t rows;
    void *user; /* the consumer's; NULL at first */
};

struct pol_csv_consumer {
    void *context;
    /* A batch of the chunk; `worker` is below the number of threads. The batch is gone after the call, the bytes of its
     * text cells stay with the input (for a chunk that is dropped: until `drop`). */
    enum pol_status (*batch)(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                             const struct pol_csv_batch *batch, struct pol_error *error);
    /* The chunk's turn has come. Owns `user` from then on, also when it fails. */
    enum pol_status (*commit)(void *context, struct pol_csv_chunk *chunk, struct pol_error *error);
    /* Frees `user` of a chunk that will not be committed. */
    void (*drop)(void *context, struct pol_csv_chunk *chunk);
};

struct pol_csv_options {
    unsigned threads;     /* 0 = 1 */
    uint32_t batch_rows;  /* 0 = a good number */
    uint64_t chunk_bytes; /* 0 = a good number */
    unsigned level;       /* of the processor: 1, 3 or 4 at most, whatever it has more; 0 = what it has */
};

/* Reads everything behind the header. On failure, the first error in the order of the file. `counts->bad` has room for
 * each field of the schema. */
enum pol_status pol_csv_read(struct pol_input *input, const struct pol_csv_schema *schema,
                             const struct pol_csv_header *header, const struct pol_csv_options *options,
                             const struct pol_csv_consumer *consumer, struct pol_csv_counts *counts,
                             struct pol_error *error);

enum { POL_CSV_BATCH_ROWS = 1024, POL_CSV_CHUNK_BYTES = 1 << 20 };

#endif
