// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.hpp"

#include "models/weights/file_handle.hpp"
#include "models/weights/safetensors_header.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <bit>

namespace tacit::models {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");
constexpr std::uint64_t kLengthBytes = 8;

/// Largest elements first, so that each tensor is aligned to its type wherever the buffer is mapped.
NamedTensors stored_order(const NamedTensors& tensors) {
    NamedTensors ordered;
    ordered.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
        ordered.emplace_back(name, tensor.detach().to(torch::kCPU).contiguous());
    }
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.second.element_size() > b.second.element_size(); });
    return ordered;
}

SafetensorsHeader header_of(const NamedTensors& ordered, const std::map<std::string, std::string>& metadata) {
    SafetensorsHeader header{{}, metadata};
    std::uint64_t offset = 0;
    for (const auto& [name, tensor] : ordered) {
        const auto end = offset + tensor.nbytes();
        header.entries.push_back({name, tensor.scalar_type(), tensor.sizes().vec(), offset, end});
        offset = end;
    }
    return header;
}

at::Tensor read_tensor(const FileHandle& file, std::uint64_t buffer, const TensorEntry& entry,
                       const std::string& path) {
    auto tensor = torch::empty(entry.shape, torch::TensorOptions(entry.type));
    file.read_at(buffer + entry.begin, tensor.data_ptr(), entry.end - entry.begin);
    if (entry.type == torch::kBool) {
        const auto* bytes = static_cast<const std::uint8_t*>(tensor.data_ptr());
        if (std::any_of(bytes, bytes + tensor.numel(), [](std::uint8_t byte) { return byte > 1; })) {
            throw DataError(fmt::format("{}: tensor '{}' holds BOOL values other than 0 and 1", path, entry.name));
        }
    }
    return tensor;
}

} // namespace

WrittenFile write_safetensors(const std::string& path, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata,
                              const std::function<void()>& before_each) {
    const auto ordered = stored_order(tensors);
    const auto text = header_text(header_of(ordered, metadata));
    auto file = FileHandle::open_to_write(path);
    Sha256 digest;
    WrittenFile written;
    const auto write = [&](const void* data, std::size_t bytes) {
        file.write(data, bytes);
        digest.update(data, bytes);
        written.bytes += static_cast<std::int64_t>(bytes);
    };
    const std::uint64_t length = text.size();
    write(&length, kLengthBytes);
    write(text.data(), text.size());
    for (const auto& [name, tensor] : ordered) {
        if (before_each) {
            before_each();
        }
        write(tensor.data_ptr(), tensor.nbytes());
    }
    file.sync_and_close();
    written.sha256 = digest.hex();
    return written;
}

SafetensorsFile read_safetensors(const std::string& path) {
    const auto file = FileHandle::open_to_read(path);
    const auto size = file.size();
    std::uint64_t length = 0;
    if (size < kLengthBytes) {
        throw DataError(fmt::format("{}: not a safetensors file: only {} bytes long", path, size));
    }
    file.read_at(0, &length, kLengthBytes);
    if (length > kLargestHeader || length > size - kLengthBytes) {
        throw DataError(fmt::format("{}: not a safetensors file, or cut off: header of {} bytes in a file of {}", path,
                                    length, size));
    }
    std::string text(length, '\0');
    file.read_at(kLengthBytes, text.data(), text.size());
    const auto buffer = kLengthBytes + length;
    auto header = parse_header(path, text, size - buffer);
    SafetensorsFile result;
    result.metadata = std::move(header.metadata);
    for (const auto& entry : header.entries) {
        result.tensors.emplace_back(entry.name, read_tensor(file, buffer, entry, path));
    }
    return result;
}

} // namespace tacit::models
