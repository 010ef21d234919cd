/* Cells to typed columns for processors with AVX2 and BMI: the same code, better instructions. A compiler that does not
 * know the pragma makes the same thing as columns.c. */
#ifndef __clang__
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt")
#endif
#include "ledger/columns.h"

#include <immintrin.h>

#include "ledger/fail.h"

#define FILL_NAME pol_csv_batch_fill_v3
#include "ledger/columns_body.inc"
