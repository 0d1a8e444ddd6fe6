// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::testing {

/// How a data set is stored.
struct Hdf5Storage {
    std::vector<hsize_t> chunk;   ///< empty: contiguous
    unsigned gzip = 0;            ///< level; 0: none
    hid_t type = H5I_INVALID_HID; ///< in the file; default: as in memory
};

/// An HDF5 file that a test writes with libhdf5.
class Hdf5File {
  public:
    /// `user_block`: bytes before the superblock, as MATLAB has them; filled in when the file is closed.
    explicit Hdf5File(const std::string& path, hsize_t user_block = 0);

    /// A data set; groups on the way are made. `type` is the one in memory.
    void add(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, const void* values,
             const Hdf5Storage& storage) const;
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<std::uint8_t>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_UINT8, shape, values.data(), storage);
    }
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<std::uint16_t>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_UINT16, shape, values.data(), storage);
    }
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<std::int16_t>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_INT16, shape, values.data(), storage);
    }
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<std::int64_t>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_INT64, shape, values.data(), storage);
    }
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<float>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_FLOAT, shape, values.data(), storage);
    }
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<double>& values,
             const Hdf5Storage& storage = {}) const {
        add(name, H5T_NATIVE_DOUBLE, shape, values.data(), storage);
    }
    /// Texts of variable length.
    void add(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<std::string>& texts) const;
    /// A list of elements of `type` in one chunk of `bytes` in the file under LZF, which libhdf5 cannot undo.
    void add_lzf(const std::string& name, hid_t type, hsize_t count, const std::vector<std::uint8_t>& bytes) const;
    /// A group that keeps the order in which its members are made.
    void add_tracking_group(const std::string& name) const;
    /// An attribute of the root or of an object.
    void add_number(const std::string& object, const std::string& name, double value) const;
    void add_text(const std::string& object, const std::string& name, const std::string& value) const;
    void add_texts(const std::string& object, const std::string& name, const std::vector<std::string>& values) const;

  private:
    shards::h5::Session session_;
    shards::h5::Handle file_;
};

/// IEEE binary16 as HDF5 type.
shards::h5::Handle half_type();

/// `count` numbers that differ: 0, 1, 2, … modulo `modulus`, scaled.
template <class T> std::vector<T> counting(std::size_t count, int modulus, double scale = 1) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<T>(static_cast<double>(i % static_cast<std::size_t>(modulus)) * scale);
    }
    return values;
}

} // namespace tacit::testing
