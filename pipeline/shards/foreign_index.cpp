// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/foreign_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tacit::shards {
namespace {

constexpr const char* kOnlySplit = "train";
constexpr hsize_t kMaxSide = 65535;
constexpr hsize_t kMaxChannels = 4;

const std::vector<std::string> kImageNames = {"images", "x", "X", "data"};
const std::vector<std::string> kLabelNames = {"labels", "label", "y", "Y", "ans"};

std::string first_dataset(hid_t file, const std::vector<std::string>& names) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& name) { return h5::has_dataset(file, name); });
    return found == names.end() ? std::string() : *found;
}

std::vector<std::string> names_for_split(const std::vector<std::string>& names, const std::string& split) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        out.push_back(fmt::format("{}/{}", split, name));
        out.push_back(fmt::format("{}_{}", split, name));
        out.push_back(fmt::format("{}_{}", name, split));
    }
    return out;
}

std::vector<std::int32_t> read_labels(hid_t file, const std::string& path, const std::string& name,
                                      std::int64_t count) {
    const std::string where = fmt::format("{}: {}", path, name);
    const h5::Handle dataset = h5::checked(H5Dopen2(file, name.c_str(), H5P_DEFAULT), where);
    const h5::Handle type = h5::checked(H5Dget_type(dataset.get()), where);
    const std::vector<hsize_t> dims = h5::dimensions(dataset.get());
    const bool one_each = !dims.empty() && dims[0] == static_cast<hsize_t>(count) &&
                          std::all_of(dims.begin() + 1, dims.end(), [](hsize_t dim) { return dim == 1; });
    if (!one_each || H5Tget_class(type.get()) != H5T_INTEGER) {
        log::warning(fmt::format("{}: shape {} does not hold one class number per image; the images are read without "
                                 "labels",
                                 where, h5::shape_text(dims)));
        return std::vector<std::int32_t>(static_cast<std::size_t>(count), -1);
    }
    std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
    if (count > 0 && H5Dread(dataset.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels.data()) < 0) {
        throw DataError(fmt::format("{}: cannot be read: {}", where, h5::reason()));
    }
    return labels;
}

void name_classes(ShardIndex& index, const std::string& labels_name) {
    constexpr std::int32_t kMaxClasses = 1 << 20;
    const auto [low, high] = std::minmax_element(index.labels.begin(), index.labels.end());
    if (low == index.labels.end() || *high < 0) {
        return;
    }
    if (*low < -1 || *high >= kMaxClasses) {
        throw DataError(
            fmt::format("{}: {}: values {} to {} are not class numbers from 0", index.path, labels_name, *low, *high));
    }
    for (std::int32_t label = 0; label <= *high; ++label) {
        index.classes.push_back(std::to_string(label));
    }
}

void index_images(hid_t file, std::uint64_t file_bytes, ShardIndex& index) {
    const std::string where = fmt::format("{}: {}", index.path, index.dataset);
    const h5::Handle dataset = h5::checked(H5Dopen2(file, index.dataset.c_str(), H5P_DEFAULT), where);
    const std::vector<hsize_t> dims = h5::dimensions(dataset.get());
    const bool gray = dims.size() == 3;
    if (!h5::is_uint8(dataset.get()) || (dims.size() != 4 && !gray)) {
        throw DataError(fmt::format("{}: shape {}{}; Tacit reads uint8 (N, H, W, C) or (N, H, W)", where,
                                    h5::shape_text(dims), h5::is_uint8(dataset.get()) ? "" : ", not uint8"));
    }
    const hsize_t channels = gray ? 1 : dims[3];
    if (dims[1] < 1 || dims[1] > kMaxSide || dims[2] < 1 || dims[2] > kMaxSide || channels < 1 ||
        channels > kMaxChannels) {
        throw DataError(fmt::format("{}: shape {} is not (N, H, W, C) with 1 to {} channels last", where,
                                    h5::shape_text(dims), kMaxChannels));
    }
    index.address = h5::contiguous_extent(dataset.get(), file_bytes, where).address;
    index.count = static_cast<std::int64_t>(dims[0]);
    index.shape = {static_cast<int>(dims[1]), static_cast<int>(dims[2]), static_cast<int>(channels)};
}

} // namespace

std::optional<ForeignNames> guess_names(hid_t file, const std::string& split) {
    ForeignNames names{first_dataset(file, names_for_split(kImageNames, split)),
                       first_dataset(file, names_for_split(kLabelNames, split))};
    if (names.images.empty() && split == kOnlySplit) {
        names = {first_dataset(file, kImageNames), first_dataset(file, kLabelNames)};
    }
    return names.images.empty() ? std::nullopt : std::optional(names);
}

ShardIndex index_foreign(hid_t file, const std::string& path, const std::string& split, std::uint64_t file_bytes) {
    const std::string wanted = split.empty() ? kOnlySplit : split;
    const std::optional<ForeignNames> names = guess_names(file, wanted);
    if (!names) {
        throw DataError(fmt::format("{}: no split '{}' here: no data set named images, x, X or data{}; see `tacit data "
                                    "inspect {}`",
                                    path, wanted, wanted == kOnlySplit ? "" : " with the split's name before or behind",
                                    path));
    }
    ShardIndex index;
    index.path = path;
    index.split = wanted;
    index.dataset = names->images;
    index.source = path;
    index_images(file, file_bytes, index);
    if (names->labels.empty()) {
        index.labels.assign(static_cast<std::size_t>(index.count), -1);
    } else {
        index.labels = read_labels(file, path, names->labels, index.count);
        name_classes(index, names->labels);
    }
    return index;
}

} // namespace tacit::shards
