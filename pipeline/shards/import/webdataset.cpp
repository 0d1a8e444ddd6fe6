// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/split_names.hpp"
#include "pipeline/shards/import/tar_index.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxImageFile = std::uint64_t{1} << 30;
constexpr std::int64_t kMaxClass = 1 << 20;

/// "a/b.c/0001.seg.png" -> {"a/b.c/0001", "seg.png"}: a key ends at the first dot of the last name.
std::pair<std::string, std::string> key_and_extension(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    const std::size_t dot = name.find('.', slash == std::string::npos ? 0 : slash + 1);
    return dot == std::string::npos ? std::pair{name, std::string()}
                                    : std::pair{name.substr(0, dot), lower_case(name.substr(dot + 1))};
}

std::string content_of(const FileBytes& file, const TarMember& member) {
    if (member.bytes > kMaxLabelBytes) {
        throw DataError(
            fmt::format("{}: {} has {} bytes, too many for a label", file.path(), one_line(member.name), member.bytes));
    }
    std::string text(static_cast<std::size_t>(member.bytes), '\0');
    file.read(member.offset, text.data(), text.size());
    return text;
}

std::int32_t checked_class(const FileBytes& file, const TarMember& member, std::int64_t label) {
    if (label < -1 || label >= kMaxClass) {
        throw DataError(fmt::format("{}: {} names class {}, out of range", file.path(), one_line(member.name), label));
    }
    return static_cast<std::int32_t>(label);
}

std::int32_t class_of_text(const FileBytes& file, const TarMember& member) {
    const std::string text = content_of(file, member);
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    std::int64_t label = 0;
    const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), label);
    const std::size_t rest = text.find_first_not_of(" \t\r\n", static_cast<std::size_t>(end - text.data()));
    if (error != std::errc() || rest != std::string::npos) {
        throw DataError(fmt::format("{}: {} holds '{}', not a class number", file.path(), one_line(member.name),
                                    one_line(text, 40)));
    }
    return checked_class(file, member, label);
}

/// A whole number under "label" or "cls", if the object has one.
std::optional<std::int32_t> class_of_json(const FileBytes& file, const TarMember& member) {
    const nlohmann::json json = nlohmann::json::parse(content_of(file, member), nullptr, false);
    for (const char* key : {"label", "cls"}) {
        if (json.is_object() && json.contains(key) && json[key].is_number_integer()) {
            return checked_class(file, member, json[key].get<std::int64_t>());
        }
    }
    return std::nullopt;
}

class WebDataset : public ImageSource {
  public:
    WebDataset(const fs::path& root, std::vector<std::string> paths) : tars_(std::move(paths)) {
        for (std::size_t tar = 0; tar < tars_.size(); ++tar) {
            const fs::path path = tars_[tar];
            const std::string named =
                split_in_name(path == root ? path.filename().string() : path.lexically_relative(root).string());
            index(FileBytes(tars_[tar]), tar, named.empty() ? "train" : named);
        }
    }

    bool empty() const { return splits_.empty(); }
    std::string kind() const override { return "webdataset"; }
    std::vector<std::string> splits() const override {
        std::vector<std::string> names;
        for (const auto& [name, samples] : splits_) {
            names.push_back(name);
        }
        return in_split_order(names);
    }
    std::int64_t size(const std::string& split) const override {
        return static_cast<std::int64_t>(splits_.at(split).size());
    }
    std::vector<std::string> classes() const override {
        std::vector<std::string> names;
        for (std::int32_t label = 0; label <= last_label_; ++label) {
            names.push_back(std::to_string(label));
        }
        return names;
    }
    std::vector<std::string> files() const override { return tars_; }
    bool encoded() const override { return true; }
    std::int64_t ignored() const override { return ignored_; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        read_head(split, index, kMaxImageFile, out);
    }
    void read_head(const std::string& split, std::int64_t index, std::size_t bytes, SourceImage& out) const override {
        const Sample& sample = at(split, index);
        if (sample.image.bytes > kMaxImageFile) {
            throw DataError(fmt::format("{}: {} bytes, more than the {} that one image may have", name(split, index),
                                        sample.image.bytes, kMaxImageFile));
        }
        out.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(sample.image.bytes, bytes)));
        // Opened anew: a data set may have more archives than a process may have files open.
        FileBytes(tars_[sample.tar]).read(sample.image.offset, out.bytes.data(), out.bytes.size());
        out.shape = {};
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override { return at(split, index).label; }
    std::string name(const std::string& split, std::int64_t index) const override {
        const Sample& sample = at(split, index);
        return fmt::format("{}: {}", tars_[sample.tar], one_line(sample.image.name));
    }

  private:
    struct Sample {
        std::size_t tar = 0;
        TarMember image;
        std::int32_t label = -1;
    };
    /// The files of one key, while the archive is being read.
    struct Group {
        std::string key;
        std::optional<TarMember> image;
        std::optional<TarMember> cls;
        std::optional<TarMember> json;
    };

    const Sample& at(const std::string& split, std::int64_t index) const {
        return splits_.at(split).at(static_cast<std::size_t>(index));
    }

    void index(const FileBytes& file, std::size_t tar, const std::string& split) {
        Group group;
        for (TarMember& member : index_tar(file)) {
            const auto [key, extension] = key_and_extension(member.name);
            if (key.empty() || key.ends_with('/')) { // A hidden file such as "._0001.jpg" is nobody's.
                ++ignored_;
                continue;
            }
            if (key != group.key) {
                end(file, tar, split, group);
                group = {key, {}, {}, {}};
            }
            // "seg.png" belongs to a sample, but is not its image.
            const bool image = extension.find('.') == std::string::npos && has_image_extension("." + extension);
            std::optional<TarMember>* place = image                 ? &group.image
                                              : extension == "cls"  ? &group.cls
                                              : extension == "json" ? &group.json
                                                                    : nullptr;
            if (place == nullptr) {
                ++ignored_;
            } else if (place->has_value()) {
                throw DataError(fmt::format("{}: {} and {} have the same key; which one counts is open", file.path(),
                                            one_line((*place)->name), one_line(member.name)));
            } else {
                *place = std::move(member);
            }
        }
        end(file, tar, split, group);
    }

    void end(const FileBytes& file, std::size_t tar, const std::string& split, Group& group) {
        if (!group.image) {
            ignored_ += (group.cls ? 1 : 0) + (group.json ? 1 : 0);
            return;
        }
        std::int32_t label = -1;
        if (group.cls) {
            label = class_of_text(file, *group.cls);
        } else if (group.json) {
            label = class_of_json(file, *group.json).value_or(-1);
        }
        last_label_ = std::max(last_label_, label);
        splits_[split].push_back({tar, std::move(*group.image), label});
    }

    std::vector<std::string> tars_;
    std::map<std::string, std::vector<Sample>> splits_;
    std::int32_t last_label_ = -1;
    std::int64_t ignored_ = 0;
};

bool is_tar(const fs::path& path) {
    return fs::is_regular_file(path) && lower_case(path.extension().string()) == ".tar";
}

} // namespace

std::unique_ptr<ImageSource> open_webdataset(const ImportOptions& options) {
    const fs::path root = options.source;
    std::vector<std::string> paths;
    if (fs::is_directory(root)) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
            if (is_tar(entry.path())) {
                paths.push_back(entry.path().string());
            } else if (options.kind == "auto" && has_image_extension(entry.path().filename().string())) {
                return nullptr; // A folder of images that happens to hold an archive.
            }
        }
        std::sort(paths.begin(), paths.end());
    } else if (is_tar(root)) {
        paths.push_back(root.string());
    } else if (const std::string name = lower_case(root.filename().string());
               name.find(".tar.") != std::string::npos || name.ends_with(".tgz")) {
        throw DataError(
            fmt::format("{}: is compressed; unpack it to a plain .tar first, with gunzip or unzstd", options.source));
    }
    if (paths.empty()) {
        return nullptr;
    }
    auto source = std::make_unique<WebDataset>(root, std::move(paths));
    if (source->empty()) {
        throw DataError(fmt::format("{}: its tar archives hold no images", options.source));
    }
    return source;
}

} // namespace tacit::shards
