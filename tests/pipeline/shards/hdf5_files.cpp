// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/hdf5_files.hpp"

#include <algorithm>
#include <stdexcept>

namespace tacit::testing {

using shards::h5::Handle;

namespace {

Handle made(hid_t id, const std::string& what) {
    if (id < 0) {
        throw std::runtime_error("cannot make " + what + ": " + shards::h5::reason());
    }
    return Handle(id);
}

/// Literals alone: a byte that says how many follow, less one, and these.
std::vector<std::uint8_t> lzf_of(const std::vector<std::uint8_t>& bytes) {
    constexpr std::size_t kMost = 32;
    std::vector<std::uint8_t> packed;
    for (std::size_t at = 0; at < bytes.size(); at += kMost) {
        const std::size_t count = std::min(kMost, bytes.size() - at);
        packed.push_back(static_cast<std::uint8_t>(count - 1));
        packed.insert(packed.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
    }
    return packed;
}

/// Chunks are written as they are: libhdf5 only has to know the filter's number meanwhile.
std::size_t never_run(unsigned /*flags*/, std::size_t /*values*/, const unsigned* /*cd*/, std::size_t /*bytes*/,
                      std::size_t* /*size*/, void** /*buffer*/) {
    return 0;
}

} // namespace

Hdf5File::Hdf5File(const std::string& path, hsize_t user_block) {
    const Handle creation(H5Pcreate(H5P_FILE_CREATE));
    H5Pset_userblock(creation.get(), user_block);
    file_ = made(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), H5P_DEFAULT), path);
}

void Hdf5File::add(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, const void* values,
                   const Hdf5Storage& storage) const {
    const Handle space(shape.empty() ? H5Screate(H5S_SCALAR)
                                     : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE));
    if (!storage.chunk.empty()) {
        H5Pset_chunk(creation.get(), static_cast<int>(storage.chunk.size()), storage.chunk.data());
    }
    if (storage.gzip > 0) {
        H5Pset_deflate(creation.get(), storage.gzip);
    }
    const Handle link(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(link.get(), 1);
    const Handle dataset = made(H5Dcreate2(file_.get(), name.c_str(), storage.type < 0 ? type : storage.type,
                                           space.get(), link.get(), creation.get(), H5P_DEFAULT),
                                name);
    if (H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        throw std::runtime_error("cannot write " + name + ": " + shards::h5::reason());
    }
}

void Hdf5File::add(const std::string& name, const std::vector<hsize_t>& shape,
                   const std::vector<std::string>& texts) const {
    const Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), H5T_VARIABLE);
    std::vector<const char*> pointers;
    for (const std::string& text : texts) {
        pointers.push_back(text.c_str());
    }
    add(name, type.get(), shape, pointers.data(), {});
}

void Hdf5File::add_lzf(const std::string& name, hid_t type, hsize_t count,
                       const std::vector<std::uint8_t>& bytes) const {
    constexpr H5Z_filter_t kLzf = 32000;
    const bool known = H5Zfilter_avail(kLzf) > 0;
    const H5Z_class2_t filter{H5Z_CLASS_T_VERS, kLzf, 1, 1, "lzf", nullptr, nullptr, never_run};
    H5Zregister(&filter);
    {
        const Handle space(H5Screate_simple(1, &count, nullptr));
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_chunk(creation.get(), 1, &count);
        H5Pset_filter(creation.get(), kLzf, H5Z_FLAG_OPTIONAL, 0, nullptr);
        const Handle dataset = made(
            H5Dcreate2(file_.get(), name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), name);
        const std::vector<std::uint8_t> packed = lzf_of(bytes);
        const hsize_t offset = 0;
        if (H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, &offset, packed.size(), packed.data()) < 0) {
            throw std::runtime_error("cannot write " + name + ": " + shards::h5::reason());
        }
    }
    if (!known) {
        H5Zunregister(kLzf);
    }
}

void Hdf5File::add_tracking_group(const std::string& name) const {
    const Handle creation(H5Pcreate(H5P_GROUP_CREATE));
    H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    made(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), name);
}

void Hdf5File::add_number(const std::string& object, const std::string& name, double value) const {
    const Handle at = made(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), object);
    const Handle space(H5Screate(H5S_SCALAR));
    const Handle attribute =
        made(H5Acreate2(at.get(), name.c_str(), H5T_NATIVE_DOUBLE, space.get(), H5P_DEFAULT, H5P_DEFAULT), name);
    H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, &value);
}

void Hdf5File::add_text(const std::string& object, const std::string& name, const std::string& value) const {
    const Handle at = made(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), object);
    const Handle space(H5Screate(H5S_SCALAR));
    const Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), value.size());
    const Handle attribute =
        made(H5Acreate2(at.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), name);
    H5Awrite(attribute.get(), type.get(), value.data());
}

void Hdf5File::add_texts(const std::string& object, const std::string& name,
                         const std::vector<std::string>& values) const {
    const Handle at = made(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), object);
    const hsize_t count = values.size();
    const Handle space(H5Screate_simple(1, &count, nullptr));
    const Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), H5T_VARIABLE);
    const Handle attribute =
        made(H5Acreate2(at.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), name);
    std::vector<const char*> texts;
    texts.reserve(values.size());
    for (const std::string& value : values) {
        texts.push_back(value.c_str());
    }
    H5Awrite(attribute.get(), type.get(), texts.data());
}

Handle half_type() {
    Handle type(H5Tcopy(H5T_IEEE_F32LE));
    H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
    H5Tset_size(type.get(), 2);
    H5Tset_ebias(type.get(), 15);
    return type;
}

} // namespace tacit::testing
