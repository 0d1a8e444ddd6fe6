// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tacit {

/// Makes glibc's malloc keep freed memory in the process. Every training step allocates and frees the same activations;
/// by default each of them is mapped, zeroed page by page and unmapped anew. Call once, before other threads start.
void keep_freed_memory();

} // namespace tacit
