// SPDX-License-Identifier: Apache-2.0
// An index from elsewhere (another rank, a file beside the data), and images read by what it says. Input: the index
// without the version in front and the SHA-256 behind. All its files are the same 64 KiB.
#include "pipeline/shards/index/index_bytes.hpp"
#include "fuzz_target.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "scratch_file.hpp"

#include <algorithm>

namespace {

constexpr std::size_t kDigest = 64;

std::string content() {
    std::string bytes(std::size_t{1} << 16U, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(i * 7 + i / 256);
    }
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tacit::testing::ScratchFile kFile(content());
    static const std::string kVersion = tacit::shards::bytes_of_index({}).substr(0, kDigest);
    constexpr std::int64_t kImages = 8;
    constexpr std::int64_t kMostBytes = std::int64_t{1} << 24;
    std::string bytes = kVersion + std::string(reinterpret_cast<const char*>(data), size);
    bytes += tacit::sha256_of(bytes);
    try {
        tacit::shards::DatasetIndex index = tacit::shards::index_of_bytes(bytes);
        for (tacit::shards::FileIndex& file : index.files) {
            for (tacit::shards::ImagePart& part : file.parts) {
                if (part.array && (part.array->layout == tacit::shards::StoredArray::Layout::library ||
                                   tacit::shards::capped_product(part.array->chunk) > kMostBytes)) {
                    return 0; // libhdf5 would have to know the file; large chunks take long and show nothing else
                }
                (part.array ? part.array->path : part.items->path) = kFile.path();
            }
        }
        const tacit::shards::Dataset dataset(std::move(index));
        const std::int64_t count = dataset.info().size;
        if (static_cast<std::int64_t>(dataset.info().shape.bytes()) > kMostBytes) {
            return 0;
        }
        tacit::shards::SampleBuffer buffer;
        for (std::int64_t i = 0; i < std::min(count, kImages); ++i) {
            try {
                dataset.read(i, buffer);
            } catch (const tacit::Error&) { // as it should be
            }
        }
    } catch (const tacit::Error&) { // as it should be
    }
    return 0;
}
