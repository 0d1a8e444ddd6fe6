// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/open_dataset.hpp"

#include "pipeline/shards/index_bytes.hpp"
#include "pipeline/train/agreement.hpp"

namespace tacit::train {

shards::Dataset open_dataset(const shards::DataSpec& spec, const std::string& split, dist::Communicator& comm) {
    std::string bytes;
    on_root(comm, [&] { bytes = shards::bytes_of_index(shards::index_dataset(spec, split)); });
    comm.broadcast(bytes, 0);
    return shards::Dataset(shards::index_of_bytes(bytes));
}

} // namespace tacit::train
