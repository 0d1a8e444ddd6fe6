// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/stage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') {
        path.pop_back();
    }
    return path;
}

/// Nothing but shards may ever be replaced: a wrong --out must not cost anybody's files.
void check_target(const std::string& out, bool overwrite) {
    if (!fs::exists(out)) {
        return;
    }
    if (!fs::is_directory(out)) {
        throw ConfigError(fmt::format("{}: is a file; --out names a folder to make", out));
    }
    bool empty = true;
    for (const fs::directory_entry& entry : fs::directory_iterator(out)) {
        empty = false;
        if (entry.path().extension() != ".h5" || !entry.is_regular_file()) {
            throw ConfigError(fmt::format("{}: holds {}, which is no shard; choose another folder", out,
                                          entry.path().filename().string()));
        }
    }
    if (!empty && !overwrite) {
        throw ConfigError(
            fmt::format("{}: already holds shards; choose another folder or replace them with --overwrite", out));
    }
}

} // namespace

ImportStage::ImportStage(const std::string& out, bool overwrite)
    : out_(without_slash(out)), folder_(out_ + ".importing") {
    if (out_.empty()) {
        throw ConfigError("no folder to import into; give --out FOLDER");
    }
    check_target(out_, overwrite);
    std::error_code error;
    fs::create_directories(folder_, error);
    lock_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (lock_ < 0) {
        throw IoError(fmt::format("{}: cannot make the folder: {}", folder_, errno_text()));
    }
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        throw IoError(fmt::format("{}: another import is writing here", folder_));
    }
}

ImportStage::~ImportStage() {
    if (!published_ && !keep_) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    if (lock_ >= 0) {
        ::close(lock_);
    }
}

bool ImportStage::empty() const {
    std::error_code error;
    return fs::is_empty(folder_, error);
}

void ImportStage::clear_except(const std::vector<std::string>& wanted) {
    std::error_code error;
    std::vector<fs::path> unwanted;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
        if (std::find(wanted.begin(), wanted.end(), entry->path().filename().string()) == wanted.end()) {
            unwanted.push_back(entry->path());
        }
    }
    for (const fs::path& path : unwanted) {
        if (!error) {
            fs::remove(path, error);
        }
    }
    if (error) {
        throw IoError(fmt::format("{}: cannot be emptied: {}", folder_, error.message()));
    }
}

void ImportStage::publish() {
    fsync_path(folder_);
    const std::string replaced = out_ + ".replaced";
    std::error_code error;
    if (fs::exists(out_) && !fs::is_empty(out_)) {
        fs::remove_all(replaced, error);
        rename_durably(out_, replaced);
    }
    rename_durably(folder_, out_);
    published_ = true;
    fs::remove_all(replaced, error);
}

} // namespace tacit::shards
