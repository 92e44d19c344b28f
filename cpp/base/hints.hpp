#pragma once

// For the few functions whose call would cost more than their work; the compiler's own judgement goes by
// size.
// APART: for loops that need all registers.
#if defined(__GNUC__) || defined(__clang__)
#define FASTTHRIFT_INLINE [[gnu::always_inline]] inline
#define FASTTHRIFT_APART [[gnu::noinline]]
#elif defined(_MSC_VER)
#define FASTTHRIFT_INLINE __forceinline
#define FASTTHRIFT_APART __declspec(noinline)
#else
#define FASTTHRIFT_INLINE inline
#define FASTTHRIFT_APART
#endif
