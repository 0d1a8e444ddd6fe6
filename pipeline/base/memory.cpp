// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/memory.hpp"

#include <limits>
#include <malloc.h>

namespace tacit {

void keep_freed_memory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);                                     // no mapping of its own for a large block
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max()); // the heap's end stays
    mallopt(M_TOP_PAD, 64 << 20);                               // and grows in large steps
#endif
}

} // namespace tacit
