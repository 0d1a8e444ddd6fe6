// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tacit::models {

/// What was written.
struct WrittenFile {
    std::int64_t bytes = 0;
    std::string sha256; ///< 64 lower-case hex digits, of what was handed to the system: not read back
};

/// Writes a safetensors file (huggingface/safetensors: u64 LE header length, JSON header, tensor bytes).
/// Tensors are stored contiguous (C order) from the CPU. Written to `path` directly and fsynced; callers
/// that need atomicity write into a temporary folder or name. Throws IoError (also for a full disk), and what
/// `before_each` throws, if there is one; it is called before each tensor.
WrittenFile write_safetensors(const std::string& path, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata = {},
                              const std::function<void()>& before_each = {});

/// A file's content. Strict: header bounds, types, ranges that tile the buffer without overlap.
struct SafetensorsFile {
    NamedTensors tensors; ///< in order of their place in the file, owning their memory
    std::map<std::string, std::string> metadata;
};

/// Throws DataError naming the file and what is wrong with it.
SafetensorsFile read_safetensors(const std::string& path);

} // namespace tacit::models
