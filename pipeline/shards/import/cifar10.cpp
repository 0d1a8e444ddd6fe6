// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/import/image_source.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <sstream>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
constexpr std::size_t kPlane = std::size_t{kSide} * kSide;
constexpr std::size_t kRecord = 1 + 3 * kPlane; ///< label byte, then the red, green and blue planes
constexpr int kClasses = 10;

std::vector<std::string> read_class_names(const fs::path& folder) {
    std::vector<std::string> names;
    if (const fs::path meta = folder / "batches.meta.txt"; fs::exists(meta)) {
        std::istringstream lines(read_file(meta.string(), 1U << 16));
        for (std::string line; std::getline(lines, line);) {
            if (!line.empty()) {
                names.push_back(line);
            }
        }
    }
    if (names.size() != kClasses) {
        names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
    }
    return names;
}

/// CIFAR-10's binary version (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html).
class Cifar10 : public ImageSource {
  public:
    explicit Cifar10(const fs::path& folder) : classes_(read_class_names(folder)) {
        for (int batch = 1; batch <= 5; ++batch) {
            add("train", folder / fmt::format("data_batch_{}.bin", batch));
        }
        add("test", folder / "test_batch.bin");
    }

    std::string kind() const override { return "cifar10"; }
    std::vector<std::string> splits() const override {
        std::vector<std::string> names;
        for (const char* name : {"train", "test"}) {
            if (files_.contains(name)) {
                names.emplace_back(name);
            }
        }
        return names;
    }
    std::int64_t size(const std::string& split) const override {
        return static_cast<std::int64_t>(labels_.at(split).size());
    }
    std::vector<std::string> classes() const override { return classes_; }
    bool encoded() const override { return false; }
    augment::ImageShape shape() const override { return {kSide, kSide, 3}; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        const auto [file, record] = place(split, index);
        thread_local std::vector<std::uint8_t> planes(3 * kPlane);
        file->read(record * kRecord + 1, planes.data(), planes.size());
        out.shape = shape();
        out.bytes.resize(planes.size());
        for (std::size_t pixel = 0; pixel < kPlane; ++pixel) {
            for (std::size_t c = 0; c < 3; ++c) {
                out.bytes[3 * pixel + c] = planes[c * kPlane + pixel];
            }
        }
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override {
        return labels_.at(split).at(static_cast<std::size_t>(index));
    }
    std::string name(const std::string& split, std::int64_t index) const override {
        const auto [file, record] = place(split, index);
        return fmt::format("{}: image {}", file->path(), record);
    }

  private:
    std::pair<const FileBytes*, std::uint64_t> place(const std::string& split, std::int64_t index) const {
        auto record = static_cast<std::uint64_t>(index);
        for (const FileBytes& file : files_.at(split)) {
            if (record < file.size() / kRecord) {
                return {&file, record};
            }
            record -= file.size() / kRecord;
        }
        throw std::out_of_range("Cifar10: image index");
    }

    void add(const std::string& split, const fs::path& path) {
        if (!fs::exists(path)) {
            return;
        }
        FileBytes file(path.string());
        if (file.size() == 0 || file.size() % kRecord != 0) {
            throw DataError(
                fmt::format("{}: {} bytes, not a multiple of CIFAR-10's {} bytes an image; download it again",
                            path.string(), file.size(), kRecord));
        }
        for (std::uint64_t record = 0; record < file.size() / kRecord; ++record) {
            std::uint8_t label = 0;
            file.read(record * kRecord, &label, 1);
            if (label >= kClasses) {
                throw DataError(
                    fmt::format("{}: image {} has class {}, CIFAR-10 has 0 to 9", path.string(), record, label));
            }
            labels_[split].push_back(label);
        }
        files_[split].push_back(std::move(file));
    }

    std::vector<std::string> classes_;
    std::map<std::string, std::vector<FileBytes>> files_;
    std::map<std::string, std::vector<std::int32_t>> labels_;
};

} // namespace

std::unique_ptr<ImageSource> open_cifar10(const ImportOptions& options) {
    for (const fs::path& folder : {fs::path(options.source), fs::path(options.source) / "cifar-10-batches-bin"}) {
        if (fs::exists(folder / "data_batch_1.bin") || fs::exists(folder / "test_batch.bin")) {
            return std::make_unique<Cifar10>(folder);
        }
    }
    return nullptr;
}

} // namespace tacit::shards
