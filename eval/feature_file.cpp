// SPDX-License-Identifier: Apache-2.0
#include "eval/features.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"

#include <torch/types.h>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
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

/// The three data sets in the types in which they are stored.
Features as_stored(const Features& features) {
    const at::Tensor ids =
        features.ids.defined() ? features.ids : torch::arange(features.values.size(0), torch::kInt64);
    return {features.values.to(torch::kFloat32).contiguous(), features.labels.to(torch::kInt32).contiguous(),
            ids.to(torch::kInt64).contiguous()};
}

std::string checksum_of(const Features& stored) {
    std::uint32_t crc = 0;
    for (const at::Tensor& part : {stored.values, stored.labels, stored.ids}) {
        crc = crc32c(part.const_data_ptr(), part.nbytes(), crc);
    }
    return fmt::format("{:08x}", crc);
}

void write_contents(const std::string& path, const Features& features, const FeatureOrigin& origin) {
    const h5::Session session;
    const Features stored = as_stored(features);
    const h5::Handle file = h5::checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
    write_dataset(file.get(), path, "features", H5T_NATIVE_FLOAT, stored.values);
    write_dataset(file.get(), path, "labels", H5T_NATIVE_INT32, stored.labels);
    write_dataset(file.get(), path, "ids", H5T_NATIVE_INT64, stored.ids);
    write_attribute(file.get(), path, "run", origin.run);
    write_attribute(file.get(), path, "checkpoint", origin.checkpoint);
    write_attribute(file.get(), path, "split", origin.split);
    write_attribute(file.get(), path, "data", origin.data);
    write_attribute(file.get(), path, "key", origin.key);
    write_attribute(file.get(), path, "crc32c", checksum_of(stored));
    h5::require(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), path);
}

/// Headers of these files have no checksum: a damaged extent must not be what memory is asked for.
void require_in_file(const std::vector<hsize_t>& extent, std::size_t element_bytes, const std::string& path,
                     const std::string& where) {
    hsize_t room = std::filesystem::file_size(path) / element_bytes;
    for (const hsize_t size : extent) {
        if (size > room) {
            throw DataError(
                fmt::format("{}: {} elements are more than the file can hold", where, h5::shape_text(extent)));
        }
        room /= std::max<hsize_t>(size, 1);
    }
}

at::Tensor read_dataset(hid_t file, const std::string& path, const char* name, hid_t type, torch::Dtype dtype) {
    const std::string where = fmt::format("{}:/{}", path, name);
    const h5::Handle set = h5::checked(H5Dopen2(file, name, H5P_DEFAULT), where);
    const std::vector<hsize_t> extent = h5::dimensions(set.get());
    require_in_file(extent, c10::elementSize(dtype), path, where);
    at::Tensor values = torch::empty(std::vector<std::int64_t>(extent.begin(), extent.end()), dtype);
    if (H5Dread(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.mutable_data_ptr()) < 0) {
        throw DataError(fmt::format("{}: {}", where, h5::reason()));
    }
    return values;
}

/// "" where the file lacks it, as one of an earlier Tacit may.
std::string text_of(hid_t file, const char* name, const std::string& path) {
    if (!h5::has_attribute(file, name, path)) {
        return "";
    }
    const std::vector<std::string> texts = h5::text_attribute(file, name, path);
    return texts.empty() ? "" : texts.front();
}

Features read_verified(hid_t file, const std::string& path, const std::string& checksum) {
    const Features stored{read_dataset(file, path, "features", H5T_NATIVE_FLOAT, torch::kFloat32),
                          read_dataset(file, path, "labels", H5T_NATIVE_INT32, torch::kInt32),
                          read_dataset(file, path, "ids", H5T_NATIVE_INT64, torch::kInt64)};
    const bool fits = stored.values.dim() == 2 && stored.labels.dim() == 1 &&
                      stored.values.size(0) == stored.labels.size(0) && stored.labels.sizes() == stored.ids.sizes();
    if (!fits || checksum_of(stored) != checksum) {
        throw DataError("its features are not what its checksum says");
    }
    return {stored.values, stored.labels.to(torch::kInt64), stored.ids};
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
        const std::string checksum = text_of(file.get(), "crc32c", path);
        if (checksum.empty() || text_of(file.get(), "key", path) != key) {
            return std::nullopt;
        }
        return read_verified(file.get(), path, checksum);
    } catch (const Error& error) {
        throw DataError(fmt::format("{} is damaged ({})", path, error.what()));
    } catch (const std::exception&) { // of a library, in its own words
        throw DataError(fmt::format("{} is damaged (it cannot be read)", path));
    }
}

std::vector<KeptFeatures> kept_features(const std::string& folder) {
    std::vector<KeptFeatures> all;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        const std::string path = entry.path().string();
        if (entry.path().extension() != ".h5") {
            continue;
        }
        try {
            const h5::Session session;
            const h5::Handle file = h5::open_file(path);
            const h5::Handle set = h5::checked(H5Dopen2(file.get(), "labels", H5P_DEFAULT), path);
            const auto text = [&](const char* name) { return text_of(file.get(), name, path); };
            all.push_back({path,
                           {text("run"), text("checkpoint"), text("split"), text("data"), text("key")},
                           static_cast<std::int64_t>(h5::dimensions(set.get()).at(0))});
        } catch (const std::exception&) {
            continue; // the command that needs it says so and makes it anew
        }
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return all;
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
