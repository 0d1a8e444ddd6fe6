// SPDX-License-Identifier: Apache-2.0
#include "eval/features.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"

#include <torch/types.h>

#include <fmt/format.h>

#include <filesystem>
#include <vector>

namespace tacit::eval {

namespace {

namespace h5 = shards::h5;

void write_dataset(hid_t file, const std::string& path, const char* name, hid_t type, const at::Tensor& tensor) {
    const std::string where = fmt::format("{}:/{}", path, name);
    const at::Tensor rows = tensor.contiguous();
    const std::vector<hsize_t> extent(rows.sizes().begin(), rows.sizes().end());
    const h5::Handle space =
        h5::checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), where);
    const h5::Handle set =
        h5::checked(H5Dcreate2(file, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), where);
    h5::require(H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.const_data_ptr()), where);
}

void write_attribute(hid_t file, const std::string& path, const char* name, const std::string& text) {
    const std::string where = fmt::format("{}: attribute {}", path, name);
    const h5::Handle type = h5::checked(H5Tcopy(H5T_C_S1), where);
    h5::require(H5Tset_size(type.get(), text.size() + 1), where);
    h5::require(H5Tset_cset(type.get(), H5T_CSET_UTF8), where);
    const h5::Handle space = h5::checked(H5Screate(H5S_SCALAR), where);
    const h5::Handle attribute =
        h5::checked(H5Acreate2(file, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), where);
    h5::require(H5Awrite(attribute.get(), type.get(), text.c_str()), where);
}

void write_contents(const std::string& path, const Features& features, const FeatureOrigin& origin) {
    const h5::Session session;
    const h5::Handle file = h5::checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
    write_dataset(file.get(), path, "features", H5T_NATIVE_FLOAT, features.values.to(torch::kFloat32));
    write_dataset(file.get(), path, "labels", H5T_NATIVE_INT32, features.labels.to(torch::kInt32));
    write_dataset(file.get(), path, "ids", H5T_NATIVE_INT64,
                  features.ids.defined() ? features.ids : torch::arange(features.values.size(0), torch::kInt64));
    write_attribute(file.get(), path, "run", origin.run);
    write_attribute(file.get(), path, "checkpoint", origin.checkpoint);
    write_attribute(file.get(), path, "split", origin.split);
    write_attribute(file.get(), path, "key", origin.key);
    h5::require(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), path);
}

at::Tensor read_dataset(hid_t file, const std::string& path, const char* name, hid_t type, torch::Dtype dtype) {
    const std::string where = fmt::format("{}:/{}", path, name);
    const h5::Handle set = h5::checked(H5Dopen2(file, name, H5P_DEFAULT), where);
    const std::vector<hsize_t> extent = h5::dimensions(set.get());
    at::Tensor values = torch::empty(std::vector<std::int64_t>(extent.begin(), extent.end()), dtype);
    if (H5Dread(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.mutable_data_ptr()) < 0) {
        throw DataError(fmt::format("{}: {}", where, h5::reason()));
    }
    return values;
}

} // namespace

std::optional<Features> read_features(const std::string& path, const std::string& key) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) {
        return std::nullopt;
    }
    try {
        const h5::Session session;
        const h5::Handle file = h5::open_file(path);
        if (h5::text_attribute(file.get(), "key", path) != std::vector<std::string>{key}) {
            return std::nullopt;
        }
        Features features{read_dataset(file.get(), path, "features", H5T_NATIVE_FLOAT, torch::kFloat32),
                          read_dataset(file.get(), path, "labels", H5T_NATIVE_INT64, torch::kInt64)};
        const bool fits = features.values.dim() == 2 && features.labels.dim() == 1 &&
                          features.values.size(0) == features.labels.size(0);
        return fits ? std::optional(features) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt; // a damaged cache is the same as none: the features are computed again
    }
}

void write_features(const std::string& path, const Features& features, const FeatureOrigin& origin) {
    const std::filesystem::path target(path);
    std::error_code failed;
    std::filesystem::create_directories(target.parent_path(), failed);
    if (failed) {
        throw IoError(fmt::format("cannot create folder {}: {}", target.parent_path().string(), failed.message()));
    }
    const std::string partial = temporary_path(path);
    try {
        write_contents(partial, features, origin);
        fsync_path(partial);
        rename_durably(partial, path);
    } catch (...) {
        std::filesystem::remove(partial, failed);
        throw;
    }
}

} // namespace tacit::eval
