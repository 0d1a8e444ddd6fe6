// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/dataset_fixtures.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/shards/format/shard_writer.hpp"

#include <gtest/gtest.h>

namespace tacit::testing {

namespace h5 = shards::h5;

shards::DataSpec spec_of(const std::string& path, const std::string& labels) {
    shards::DataSpec spec;
    spec.path = path;
    spec.labels = labels;
    return spec;
}

std::vector<std::uint8_t> pixels_of(const shards::Dataset& dataset, std::int64_t index) {
    shards::SampleBuffer buffer;
    const augment::ImageView view = dataset.read(index, buffer);
    return {view.data, view.data + view.shape.bytes()};
}

void expect_blocks_equal_reads(const shards::Dataset& dataset) {
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    ASSERT_GE(starts.size(), 2U);
    EXPECT_EQ(starts.front(), 0);
    EXPECT_EQ(starts.back(), dataset.info().size);
    shards::Block block;
    shards::SampleBuffer buffer;
    for (std::size_t number = 0; number + 1 < starts.size(); ++number) {
        ASSERT_LT(starts[number], starts[number + 1]);
        dataset.load(static_cast<std::int64_t>(number), block, buffer.scratch);
        for (std::int64_t index = starts[number]; index < starts[number + 1]; ++index) {
            const augment::ImageView view = dataset.image(block, index, buffer);
            EXPECT_EQ(std::vector<std::uint8_t>(view.data, view.data + view.shape.bytes()), pixels_of(dataset, index));
        }
    }
}

void write_foreign(const std::string& path, const char* images, const std::vector<hsize_t>& dims, const char* labels,
                   bool chunked) {
    const h5::Session session;
    const h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const h5::Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
    const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    if (chunked) {
        H5Pset_chunk(properties.get(), static_cast<int>(dims.size()), dims.data());
    }
    std::size_t bytes = 1;
    for (const hsize_t dim : dims) {
        bytes *= dim;
    }
    std::vector<std::uint8_t> data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
        data[i] = static_cast<std::uint8_t>(i % 251);
    }
    const h5::Handle set(
        H5Dcreate2(file.get(), images, H5T_STD_U8LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    H5Dwrite(set.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data());
    if (labels != nullptr) {
        const h5::Handle column(H5Screate_simple(1, dims.data(), nullptr));
        const h5::Handle answers(
            H5Dcreate2(file.get(), labels, H5T_STD_I64BE, column.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        std::vector<std::int64_t> values;
        for (hsize_t i = 0; i < dims[0]; ++i) {
            values.push_back(static_cast<std::int64_t>(i % 3));
        }
        H5Dwrite(answers.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    }
}

void write_encoded(const std::string& folder, const std::vector<std::vector<std::uint8_t>>& images, int channels) {
    shards::ShardWriter writer(folder, {"train", shards::Layout::encoded, {0, 0, channels}, {"a", "b"}, "a test"});
    for (std::size_t i = 0; i < images.size(); ++i) {
        writer.add(images[i], crc32c(images[i].data(), images[i].size()), static_cast<std::int32_t>(i % 2), i);
    }
    const std::vector<double> half(static_cast<std::size_t>(channels), 0.5);
    writer.seal(half, half);
}

} // namespace tacit::testing
