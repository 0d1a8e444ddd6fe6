// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index_bytes.hpp"

#include "pipeline/shards/index_check.hpp"
#include "pipeline/shards/sealed_bytes.hpp"

namespace tacit::shards {

std::string bytes_of_index(const DatasetIndex& index) {
    return sealed_bytes(index);
}

DatasetIndex index_of_bytes(std::string_view bytes) {
    auto index = opened_bytes<DatasetIndex>(bytes);
    if (index.files.empty()) {
        throw DataError("is an index of no files");
    }
    for (const FileIndex& file : index.files) {
        check_index(file);
    }
    return index;
}

} // namespace tacit::shards
