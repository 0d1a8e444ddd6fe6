// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/open_dataset.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/shards/guess/range_guess.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/train/machine/agreement.hpp"

#include <fmt/format.h>

namespace tacit::train {

shards::Dataset open_dataset(const shards::DataSpec& spec, const std::string& split, dist::Communicator& comm) {
    std::string bytes;
    on_root(comm, [&] {
        const shards::DatasetIndex index = shards::index_dataset(spec, split);
        shards::warn_of_range(index);
        const auto sparse = shards::sparse_classes(shards::images_of_classes(index.files), index.files[0].classes);
        if (!sparse.empty()) {
            log::warning(fmt::format("{}: {}", index.path, sparse));
        }
        bytes = shards::bytes_of_index(index);
    });
    comm.broadcast(bytes, 0);
    return shards::Dataset(shards::index_of_bytes(bytes));
}

} // namespace tacit::train
