/* Cells to typed columns for processors with AVX2 and BMI. */
#ifndef __clang__
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt")
#endif
#include "ledger/columns.h"

#include <immintrin.h>

#include "ledger/fail.h"

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"))), apply_to = function)
#endif
#define FILL_NAME  pol_csv_batch_fill_v3
#define FILL_LEVEL 3
#include "ledger/columns_body.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
