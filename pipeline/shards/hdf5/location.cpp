// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/location.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/virtual/virtual_mappings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace tacit::shards::h5 {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 16;
constexpr std::size_t kMaxLinkBytes = 4096;

bool is_below(const fs::path& file, const fs::path& folder) {
    std::error_code error;
    const fs::path root = fs::weakly_canonical(fs::absolute(folder.empty() ? fs::path(".") : folder), error);
    const auto [end, unused] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
    return !error && end == root.end();
}

struct Link {
    bool external = false;
    std::string file;
    std::string name;
};

/// What the soft or external link `name` of `group` says.
Link read_link(hid_t group, const std::string& name, const H5L_info_t& info, const std::string& where) {
    if (info.u.val_size == 0 || info.u.val_size > kMaxLinkBytes) {
        throw DataError(fmt::format("{}: is a link of {} bytes", where, info.u.val_size));
    }
    std::vector<char> value(info.u.val_size + 1, '\0');
    if (H5Lget_val(group, name.c_str(), value.data(), info.u.val_size, H5P_DEFAULT) < 0) {
        throw DataError(fmt::format("{}: is a link that cannot be read: {}", where, reason()));
    }
    if (info.type == H5L_TYPE_SOFT) {
        return {false, "", value.data()};
    }
    const char* file = nullptr;
    const char* object = nullptr;
    unsigned flags = 0;
    if (info.type != H5L_TYPE_EXTERNAL ||
        H5Lunpack_elink_val(value.data(), info.u.val_size, &flags, &file, &object) < 0) {
        throw DataError(fmt::format("{}: is a link of an unknown kind", where));
    }
    return {true, file, object};
}

std::vector<std::string> steps_of(const std::string& name) {
    std::vector<std::string> steps;
    std::size_t begin = 0;
    while (begin < name.size()) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (end > begin && name.substr(begin, end - begin) != ".") {
            steps.push_back(name.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    return steps;
}

std::string joined(const std::vector<std::string>& steps, std::size_t from) {
    std::string name;
    for (std::size_t i = from; i < steps.size(); ++i) {
        name += (name.empty() ? "" : "/") + steps[i];
    }
    return name;
}

std::string source_file(const std::string& path, const std::string& file, const Roots& roots) {
    return file == "." ? path : file_beside(path, file, roots);
}

/// Sources by file and name, and whether all that they are made of was looked at.
using Seen = std::map<std::pair<std::string, std::string>, bool>;

Located walk(std::string path, std::string name, const Roots& roots, int links, Seen& seen);

/// Looks at all that libhdf5 would read for the data set `at`.
void check_sources(const Located& at, const Roots& roots, int links, Seen& seen) {
    if (H5Iget_type(at.object.get()) != H5I_DATASET) {
        return;
    }
    const std::string where = fmt::format("{}: {}", at.path, at.name);
    const Handle properties = checked(H5Dget_create_plist(at.object.get()), where);
    if (H5Pget_external_count(properties.get()) > 0) {
        throw DataError(
            fmt::format("{}: keeps its numbers in files without a format, which Tacit does not read; copy it with "
                        "h5repack",
                        where));
    }
    for (const Mapping& mapping : mappings_of(at.object.get(), where)) {
        const std::string file = source_file(at.path, mapping.file, roots);
        const auto [source, is_new] = seen.emplace(std::pair(file, mapping.dataset), false);
        if (!is_new && !source->second) {
            throw DataError(fmt::format("{}: is a virtual data set that is made of itself", where));
        }
        if (is_new) {
            try {
                walk(file, mapping.dataset, roots, links + 1, seen);
            } catch (const Error& error) {
                throw DataError(fmt::format("{}: part of a virtual data set: {}", where, error.what()));
            }
            source->second = true;
        }
    }
}

/// Walks one name from link to link; every hop through a link starts again with a new name, and perhaps a new file.
Located walk(std::string path, std::string name, const Roots& roots, int links, Seen& seen) {
    if (links > kMaxLinks) {
        throw DataError(fmt::format("{}: {}: more than {} links one after the other", path, name, kMaxLinks));
    }
    Located at{path, name, open_file(path), {}};
    const std::vector<std::string> steps = steps_of(name);
    at.object = checked(H5Gopen2(at.file.get(), "/", H5P_DEFAULT), path);
    std::string done;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string where = fmt::format("{}: {}/{}", path, done, steps[i]);
        H5L_info_t info{};
        if (H5Iget_type(at.object.get()) != H5I_GROUP ||
            H5Lexists(at.object.get(), steps[i].c_str(), H5P_DEFAULT) <= 0 ||
            H5Lget_info(at.object.get(), steps[i].c_str(), &info, H5P_DEFAULT) < 0) {
            throw DataError(
                fmt::format("{}: there is no such object; `tacit data inspect {}` shows what there is", where, path));
        }
        if (info.type == H5L_TYPE_HARD) {
            at.object = open_object(at.object.get(), steps[i], FileBytes(path), where);
            done += "/" + steps[i];
            continue;
        }
        const Link link = read_link(at.object.get(), steps[i], info, where);
        const std::string rest = joined(steps, i + 1);
        const bool absolute = link.external || link.name.starts_with('/');
        const std::string next = (absolute ? "" : done + "/") + link.name + (rest.empty() ? "" : "/" + rest);
        return walk(link.external ? file_beside(path, link.file, roots) : path, next, roots, links + 1, seen);
    }
    at.name = done.empty() ? "/" : done.substr(1);
    check_sources(at, roots, links, seen);
    return at;
}

} // namespace

Located locate(const std::string& path, const std::string& name, const Roots& roots) {
    Seen seen;
    return walk(path, name, roots, 0, seen);
}

Located locate_source(const std::string& path, const std::string& file, const std::string& dataset,
                      const Roots& roots) {
    return locate(source_file(path, file, roots), dataset, roots);
}

std::string file_beside(const std::string& path, const std::string& target, const Roots& roots) {
    const fs::path folder = fs::absolute(path).parent_path();
    std::error_code error;
    const fs::path file = fs::weakly_canonical(folder / target, error);
    const bool allowed = !error && (is_below(file, folder) ||
                                    std::any_of(roots.folders.begin(), roots.folders.end(),
                                                [&](const std::string& root) { return is_below(file, root); }));
    if (!allowed) {
        throw DataError(
            fmt::format("{}: leads to {}, outside of the file's folder; name the folder in data.roots if that "
                        "is meant",
                        path, (folder / target).lexically_normal().string()));
    }
    if (roots.reached != nullptr) {
        roots.reached->push_back(file.string());
    }
    return file.string();
}

} // namespace tacit::shards::h5
