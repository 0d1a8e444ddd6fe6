// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/import/tables/table_labels.hpp"
#include "tests/fixtures.hpp"

#include <numeric>

namespace tacit::testing {

namespace h5 = shards::h5;

shards::ImportOptions options_for(const TemporaryFolder& folder) {
    shards::ImportOptions options;
    options.path = folder / "source";
    options.out = folder / "shards";
    return options;
}

void write_tree(const TemporaryFolder& folder) {
    for (int i = 0; i < 6; ++i) {
        const std::string stem =
            folder / ("source/train/" + std::string(i % 2 == 0 ? "cat/" : "dog/") + std::to_string(i));
        if (i < 3) {
            write_bytes(stem + ".jpg", make_jpeg({10, 8, 3}, i));
        } else {
            write_bytes(stem + ".PNG", make_png({10, 8, 3}, i));
        }
    }
    write_bytes(folder / "source/test/cat/a.png", make_png({10, 8, 3}, 50));
    write_bytes(folder / "source/test/dog/b.png", make_png({10, 8, 3}, 51));
}

void write_images(const TemporaryFolder& folder, const std::vector<std::string>& paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
        write_bytes(folder / ("source/" + paths[i]), make_png({4, 4, 3}, static_cast<int>(i)));
    }
}

std::map<std::string, std::string> images_of(const shards::ImportOptions& options) {
    const auto source = shards::with_labels(shards::open_source(options), options);
    std::map<std::string, std::string> images;
    for (const auto& [split, begin, end] : source->info.splits) {
        for (std::int64_t image = begin; image < end; ++image) {
            const std::int32_t label = source->info.label(image);
            images[source->key(image)] =
                split + " " + (label < 0 ? "-" : source->info.classes.at(static_cast<std::size_t>(label)));
        }
    }
    return images;
}

std::vector<std::string> left_out_of(const shards::ImportOptions& options) {
    std::vector<std::string> lines;
    const auto source = shards::with_labels(shards::open_source(options), options);
    for (const shards::LeftOut& one : source->info.left_out.kinds()) {
        lines.push_back(shards::text_of(one));
    }
    return lines;
}

Bytes pixels_of(const shards::Dataset& dataset, std::int64_t index) {
    shards::SampleBuffer buffer;
    const augment::ImageView view = dataset.read(index, buffer);
    return {view.data, view.data + view.shape.bytes()};
}

std::string import_fixture(const std::string& name) {
    return fixtures_folder() + "/import/" + name;
}

StoredNumbers stored_images(const std::string& shard) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(shard);
    const h5::Handle dataset = h5::checked(H5Dopen2(file.get(), "images", H5P_DEFAULT), shard);
    const h5::Handle type = h5::checked(H5Dget_type(dataset.get()), shard);
    StoredNumbers array;
    for (const hsize_t dim : h5::dimensions(dataset.get())) {
        array.shape.push_back(dim);
    }
    array.is_float = H5Tget_class(type.get()) == H5T_FLOAT;
    array.is_signed = H5Tget_class(type.get()) == H5T_INTEGER && H5Tget_sign(type.get()) == H5T_SGN_2;
    array.value_bytes = H5Tget_size(type.get());
    array.bytes.resize(std::accumulate(array.shape.begin(), array.shape.end(), array.value_bytes, std::multiplies<>()));
    h5::require(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes.data()), shard);
    return array;
}

std::vector<double> number_attribute(const std::string& shard, const std::string& name) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(shard);
    return h5::has_attribute(file.get(), name, shard) ? h5::number_attribute(file.get(), name, shard)
                                                      : std::vector<double>();
}

} // namespace tacit::testing
