// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/archive/archive_samples.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{1} << 20;

constexpr const char* kHidden = "hidden files and folders";
constexpr const char* kOther = "files in archives that are no images and no labels";
constexpr const char* kSpecial = "links and special files in archives";
constexpr const char* kAlone = "labels in archives without an image of their key in the same archive";
constexpr const char* kUnreadable = "labels in archives that cannot be read (JSON without label or cls, or too long)";

/// The files of one key that stand together.
struct Group {
    std::string key;
    std::optional<TarMember> image;
    std::optional<TarMember> cls;
    std::optional<TarMember> json;
};

bool is_hidden_path(const std::string& path) {
    const std::filesystem::path parts = path;
    return std::any_of(parts.begin(), parts.end(),
                       [](const auto& part) { return part != "." && part != ".." && is_hidden_name(part.string()); });
}

std::string_view last_name(std::string_view name) {
    return name.substr(name.rfind('/') + 1);
}

/// "a/b.c/0001.seg.png" -> {"a/b.c/0001", "seg.png"}.
std::pair<std::string, std::string> key_and_extension(const std::string& name, bool last_dot) {
    const std::size_t folder = name.rfind('/') + 1;
    const std::size_t dot = last_dot ? name.rfind('.') : name.find('.', folder);
    return dot == std::string::npos || dot < folder ? std::pair{name, std::string()}
                                                    : std::pair{name.substr(0, dot), lower_case(name.substr(dot + 1))};
}

std::optional<TarMember>* place_in(Group& group, const std::string& extension) {
    const bool image = extension.find('.') == std::string::npos && has_image_extension("." + extension);
    return image ? &group.image : extension == "cls" ? &group.cls : extension == "json" ? &group.json : nullptr;
}

class Archive {
  public:
    Archive(const FileBytes& file, bool last_dot, LeftOutList& left_out, std::vector<std::string>& dotted)
        : file_(file), last_dot_(last_dot), left_out_(left_out), dotted_(dotted) {}

    std::vector<ArchiveSample> run() {
        std::vector<std::string> special;
        for (TarMember& member : index_tar(file_, &special)) {
            if (is_hidden_path(member.name)) {
                left_out_.add(kHidden, shown(member.name));
            } else {
                take(std::move(member));
            }
        }
        for (const std::string& name : special) {
            left_out_.add(kSpecial, shown(name));
        }
        join();
        std::vector<ArchiveSample> samples;
        for (Group& group : groups_) {
            if (group.image) {
                samples.push_back({std::move(*group.image), labels_of(group), 0, {}});
            }
        }
        return samples;
    }

  private:
    std::string shown(const std::string& name) const {
        return fmt::format("{}/{}", std::filesystem::path(file_.path()).filename().string(), name);
    }

    void take(TarMember member) {
        const auto [key, extension] = key_and_extension(member.name, last_dot_);
        if (groups_.empty() || groups_.back().key != key) {
            groups_.push_back({key, {}, {}, {}});
        }
        if (std::optional<TarMember>* place = place_in(groups_.back(), extension)) {
            put(*place, std::move(member));
            return;
        }
        Group other;
        const std::optional<TarMember>* place = place_in(other, key_and_extension(member.name, true).second);
        if (place == &other.image) {
            dotted_.push_back(std::move(member.name));
        } else if (place != nullptr) {
            leave_out_dotted(shown(member.name), left_out_);
        } else {
            left_out_.add(kOther, shown(member.name));
        }
    }

    void put(std::optional<TarMember>& place, TarMember member) const {
        if (place.has_value()) {
            throw DataError(fmt::format("{}: {} and {} have the same key; which one counts is open{}", file_.path(),
                                        one_line(place->name), one_line(member.name),
                                        last_name(member.name).find('.') == last_name(member.name).rfind('.')
                                            ? ""
                                            : ". If keys hold dots: --key-ends last-dot"));
        }
        place = std::move(member);
    }

    /// Brings labels that do not stand beside their image to it.
    void join() {
        const auto alone = [](const Group& group) { return !group.image && (group.cls || group.json); };
        if (std::none_of(groups_.begin(), groups_.end(), alone)) {
            return;
        }
        std::unordered_map<std::string, std::vector<std::size_t>> images;
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (groups_[i].image) {
                images[groups_[i].key].push_back(i);
            }
        }
        for (Group& group : groups_) {
            if (!alone(group)) {
                continue;
            }
            const auto found = images.find(group.key);
            if (found == images.end()) {
                left_out_.add(kAlone, shown((group.cls ? group.cls : group.json)->name));
                continue;
            }
            if (found->second.size() > 1) {
                throw DataError(
                    fmt::format("{}: {} images have the key {}, and its label stands apart from them; write "
                                "the archive anew with `tar --sort=name`, each image under a key of its own",
                                file_.path(), found->second.size(), one_line(group.key)));
            }
            Group& image = groups_[found->second.front()];
            if (group.cls) {
                put(image.cls, std::move(*group.cls));
            }
            if (group.json) {
                put(image.json, std::move(*group.json));
            }
        }
    }

    std::string content_of(const TarMember& member) const {
        std::string text(static_cast<std::size_t>(member.bytes), '\0');
        file_.read(member.offset, text.data(), text.size());
        return text;
    }

    decltype(ArchiveSample::labels) labels_of(const Group& group) {
        decltype(ArchiveSample::labels) labels;
        const auto fits = [](const std::optional<TarMember>& member) {
            return member && member->bytes <= kMaxLabelBytes;
        };
        if (fits(group.cls)) {
            labels[0] = content_of(*group.cls);
        }
        const bool json = fits(group.json) && read_json(content_of(*group.json), labels);
        if (group.cls ? !fits(group.cls) : group.json && !json) {
            left_out_.add(kUnreadable, shown((group.cls ? group.cls : group.json)->name));
        }
        for (std::string& text : labels) {
            const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
            text = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
        }
        return labels;
    }

    /// Numbers or texts under "label" and "cls"; whether the object has one.
    static bool read_json(const std::string& text, decltype(ArchiveSample::labels)& labels) {
        const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
        bool any = false;
        for (const auto& [key, label] : {std::pair{"label", &labels[1]}, {"cls", &labels[2]}}) {
            if (!json.is_object() || !json.contains(key)) {
                continue;
            }
            any = true;
            const nlohmann::json& value = json[key]; // [0, 1] and 0.5 are told with the reason why they are no class
            *label = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
        }
        return any;
    }

    const FileBytes& file_;
    bool last_dot_;
    LeftOutList& left_out_;
    std::vector<std::string>& dotted_;
    std::vector<Group> groups_;
};

} // namespace

std::vector<ArchiveSample> samples_of(const FileBytes& archive, bool last_dot, LeftOutList& left_out,
                                      std::vector<std::string>& dotted) {
    return Archive(archive, last_dot, left_out, dotted).run();
}

void leave_out_dotted(const std::string& shown, LeftOutList& left_out) {
    left_out.add("files whose key ends at the first of several dots, which leaves no extension of an image or label",
                 shown, "if keys hold dots: --key-ends last-dot");
}

} // namespace tacit::shards
