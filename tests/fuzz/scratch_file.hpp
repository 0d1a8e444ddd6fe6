// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tacit::testing {

/// A file of the input, in a folder of its own in memory, that lives as long as this object. Every one is another file
/// to libhdf5, which may keep damaged ones open.
class ScratchFile {
  public:
    explicit ScratchFile(std::string_view content) {
        const char* shared = "/dev/shm";
        std::string name =
            (std::filesystem::is_directory(shared) ? shared : "/tmp") + std::string("/tacit-fuzz-XXXXXX");
        if (mkdtemp(name.data()) == nullptr) {
            std::abort();
        }
        folder_ = name;
        path_ = folder_ / "input";
        std::ofstream file(path_, std::ios::binary);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
    }
    ~ScratchFile() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

} // namespace tacit::testing
