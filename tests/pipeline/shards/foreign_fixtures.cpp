// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/foreign_fixtures.hpp"

#include "pipeline/shards/hdf5/handle.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace tacit::testing {
namespace {

using shards::Element;
using shards::h5::Handle;

void require(bool done) {
    if (!done) {
        throw std::runtime_error("cannot write the HDF5 file of a test");
    }
}

Handle float_type(std::size_t exponent_bits, std::size_t fraction_bits, std::size_t bias) {
    Handle type(H5Tcopy(H5T_IEEE_F32LE));
    H5Tset_fields(type.get(), 15, fraction_bits, exponent_bits, 0, fraction_bits);
    H5Tset_size(type.get(), 2);
    H5Tset_ebias(type.get(), bias);
    return type;
}

Handle type_of(Element element, bool big_endian) {
    const auto made = [&]() -> Handle {
        switch (element) {
        case Element::u8:
            return Handle(H5Tcopy(H5T_STD_U8LE));
        case Element::u16:
            return Handle(H5Tcopy(H5T_STD_U16LE));
        case Element::i16:
            return Handle(H5Tcopy(H5T_STD_I16LE));
        case Element::f16:
            return float_type(5, 10, 15);
        case Element::bf16:
            return float_type(8, 7, 127);
        case Element::f32:
            return Handle(H5Tcopy(H5T_IEEE_F32LE));
        case Element::f64:
            return Handle(H5Tcopy(H5T_IEEE_F64LE));
        }
        throw std::logic_error("no such element");
    };
    Handle type = made();
    if (big_endian) {
        require(H5Tset_order(type.get(), H5T_ORDER_BE) >= 0);
    }
    return type;
}

std::vector<hsize_t> sizes(const std::vector<std::uint64_t>& dims) {
    return {dims.begin(), dims.end()};
}

Handle open_or_create(const std::string& path) {
    return Handle(std::filesystem::exists(path) ? H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)
                                                : H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT));
}

Handle create(hid_t file, const std::string& name, hid_t type, const std::vector<std::uint64_t>& dims,
              hid_t properties) {
    const std::vector<hsize_t> extent = sizes(dims);
    const Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    const Handle links(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(links.get(), 1);
    Handle set(H5Dcreate2(file, name.c_str(), type, space.get(), links.get(), properties, H5P_DEFAULT));
    require(set.valid());
    return set;
}

/// Chunks are written as they are: the library only has to know the filter's number.
std::size_t never_run(unsigned /*flags*/, std::size_t /*values*/, const unsigned* /*cd*/, std::size_t /*bytes*/,
                      std::size_t* /*size*/, void** /*buffer*/) {
    return 0;
}

} // namespace

std::vector<std::uint8_t> pattern(const ForeignArray& array) {
    std::size_t count = 1;
    for (const std::uint64_t dim : array.dims) {
        count *= dim;
    }
    const std::size_t width = shards::element_bytes(array.element);
    const bool whole = array.element == Element::u8 || array.element == Element::u16 || array.element == Element::i16;
    std::vector<std::uint8_t> bytes(count * width);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>((i * 37 + i / 251) % 251);
        if (!whole && i % width == (array.big_endian ? 0 : width - 1)) {
            bytes[i] &= 0xBFU; // the exponent's highest bit
        }
    }
    return bytes;
}

void write_foreign(const std::string& path, const ForeignArray& array, const std::vector<std::int64_t>& labels) {
    const shards::h5::Session session;
    const Handle file = open_or_create(path);
    require(file.valid());
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    if (!array.chunk.empty()) {
        const std::vector<hsize_t> chunk = sizes(array.chunk);
        H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
    }
    if (array.gzip) {
        H5Pset_deflate(properties.get(), 4);
    }
    if (array.fletcher32) {
        H5Pset_fletcher32(properties.get());
    }
    const Handle type = type_of(array.element, array.big_endian);
    const Handle set = create(file.get(), array.name, type.get(), array.dims, properties.get());
    const std::vector<std::uint8_t> bytes = array.bytes.empty() ? pattern(array) : array.bytes;
    require(H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) >= 0);
    if (!labels.empty()) {
        const Handle answers = create(file.get(), "labels", H5T_STD_I64LE, {labels.size()}, H5P_DEFAULT);
        require(H5Dwrite(answers.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels.data()) >= 0);
    }
}

void write_filtered(const std::string& path, const shards::FilterCase& stored, std::uint64_t images_a_chunk,
                    std::uint64_t chunks) {
    const shards::h5::Session session;
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    const std::uint64_t width = stored.expected.size() / stored.element_bytes / images_a_chunk;
    const hsize_t chunk[3] = {images_a_chunk, 1, width};
    H5Pset_chunk(properties.get(), 3, chunk);
    for (const shards::Filter& filter : stored.filters) {
        const auto id = static_cast<H5Z_filter_t>(filter.id);
        if (H5Zfilter_avail(id) <= 0) {
            const H5Z_class2_t unknown{H5Z_CLASS_T_VERS, id, 1, 1, "never run", nullptr, nullptr, never_run};
            require(H5Zregister(&unknown) >= 0);
        }
        require(H5Pset_filter(properties.get(), id, H5Z_FLAG_OPTIONAL, filter.values.size(), filter.values.data()) >=
                0);
    }
    const Handle type = type_of(stored.element_bytes == 2 ? Element::u16 : Element::u8, false);
    const Handle set = create(file.get(), "images", type.get(), {images_a_chunk * chunks, 1, width}, properties.get());
    for (std::uint64_t i = 0; i < chunks; ++i) {
        const hsize_t offset[3] = {i * images_a_chunk, 0, 0};
        require(H5Dwrite_chunk(set.get(), H5P_DEFAULT, stored.mask, offset, stored.stored.size(),
                               stored.stored.data()) >= 0);
    }
}

std::size_t place_of(const std::string& path, const std::vector<std::uint8_t>& part, std::size_t from) {
    const std::vector<std::uint8_t> bytes = read_bytes(path);
    const auto place =
        std::search(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), part.begin(), part.end());
    if (place == bytes.end()) {
        throw std::runtime_error(path + " does not hold what the test looks for");
    }
    return static_cast<std::size_t>(place - bytes.begin());
}

void flip(const std::string& path, std::size_t place) {
    std::vector<std::uint8_t> bytes = read_bytes(path);
    bytes.at(place) ^= 1U;
    write_bytes(path, bytes);
}

} // namespace tacit::testing
