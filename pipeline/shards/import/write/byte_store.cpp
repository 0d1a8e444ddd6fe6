// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/byte_store.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tacit::shards {

ByteStore::ByteStore(FileBytes file) : path_(file.path()), file_(std::move(file)) {}

ByteStore::ByteStore(std::string path, std::vector<std::uint8_t> bytes)
    : path_(std::move(path)), memory_(std::move(bytes)) {}

std::uint64_t ByteStore::size() const {
    return file_ ? file_->size() : memory_.size();
}

void ByteStore::read(std::uint64_t offset, void* to, std::size_t bytes) const {
    if (file_) {
        file_->read(offset, to, bytes);
        return;
    }
    std::vector<std::uint8_t> unused;
    std::copy_n(view(offset, bytes, unused), bytes, static_cast<std::uint8_t*>(to));
}

const std::uint8_t* ByteStore::view(std::uint64_t offset, std::size_t bytes, std::vector<std::uint8_t>& scratch) const {
    if (file_) {
        scratch.resize(bytes);
        file_->read(offset, scratch.data(), bytes);
        return scratch.data();
    }
    if (offset > memory_.size() || memory_.size() - offset < bytes) {
        throw DataError(fmt::format("{}: ends at byte {}, before byte {}", path_, memory_.size(), offset + bytes));
    }
    return memory_.data() + offset;
}

std::shared_ptr<const ByteStore> in_memory(std::shared_ptr<const ByteStore> store) {
    if (store->in_memory()) {
        return store;
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(store->size()));
    store->read(0, bytes.data(), bytes.size());
    return std::make_shared<const ByteStore>(store->path(), std::move(bytes));
}

} // namespace tacit::shards
