/* The same for processors with AVX-512. */
#ifndef __clang__
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#include "ledger/columns.h"

#include <immintrin.h>

#include "ledger/fail.h"

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512dq,avx512vl"))), \
                             apply_to = function)
#endif
#define FILL_NAME  pol_csv_batch_fill_v4
#define FILL_LEVEL 4
#include "ledger/columns_body.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
