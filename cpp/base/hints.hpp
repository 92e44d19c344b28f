#pragma once

// For the few functions whose call would cost more than their work; the compiler's own judgement goes by
// size.
#if defined(__GNUC__) || defined(__clang__)
#define FASTTHRIFT_INLINE [[gnu::always_inline]] inline
#elif defined(_MSC_VER)
#define FASTTHRIFT_INLINE __forceinline
#else
#define FASTTHRIFT_INLINE inline
#endif
