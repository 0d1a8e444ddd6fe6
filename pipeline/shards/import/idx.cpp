// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/image_source.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMaxSide = 65535;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 34;

struct GzCloser {
    void operator()(gzFile_s* file) const { gzclose(file); }
};

/// An IDX file of unsigned bytes (LeCun's MNIST format), plain or gzipped.
struct IdxFile {
    std::string path;
    std::vector<std::uint32_t> dims;
    std::vector<std::uint8_t> data;
};

[[noreturn]] void bad_idx(const std::string& path, const std::string& what) {
    throw DataError(fmt::format("{}: {}; download it again", path, what));
}

/// At most `wanted` bytes appended; the header's claim is never allocated before the bytes are there.
std::uint64_t append_from(gzFile_s* file, const std::string& path, std::uint64_t wanted,
                          std::vector<std::uint8_t>& to) {
    constexpr std::size_t kStep = std::size_t{16} << 20;
    std::uint64_t total = 0;
    while (total < wanted) {
        const std::size_t old = to.size();
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(kStep, wanted - total));
        to.resize(old + step);
        const int got = gzread(file, to.data() + old, static_cast<unsigned>(step));
        if (got < 0) {
            bad_idx(path, "is a damaged gzip file");
        }
        to.resize(old + static_cast<std::size_t>(got));
        total += static_cast<std::uint64_t>(got);
        if (static_cast<std::size_t>(got) < step) {
            break;
        }
    }
    return total;
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
    return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) | (std::uint32_t{bytes[2]} << 8U) |
           bytes[3];
}

IdxFile read_idx(const std::string& path, std::size_t rank) {
    const std::unique_ptr<gzFile_s, GzCloser> file(gzopen(path.c_str(), "rb"));
    if (!file) {
        throw IoError(fmt::format("{}: cannot open", path));
    }
    gzbuffer(file.get(), 1U << 18U);
    IdxFile idx{path, {}, {}};
    std::vector<std::uint8_t> header;
    const std::size_t header_bytes = 4 + 4 * rank;
    if (append_from(file.get(), path, header_bytes, header) != header_bytes ||
        big_endian(header.data()) != 0x0800U + rank) {
        bad_idx(path, fmt::format("is not an IDX file of unsigned bytes with {} dimensions", rank));
    }
    std::uint64_t bytes = 1;
    for (std::size_t d = 0; d < rank; ++d) {
        idx.dims.push_back(big_endian(header.data() + 4 + 4 * d));
        const bool impossible = idx.dims[d] == 0 || (d > 0 && idx.dims[d] > kMaxSide);
        bytes = impossible ? kMaxBytes + 1 : bytes * idx.dims[d];
        if (bytes > kMaxBytes) {
            bad_idx(path, "claims an impossible shape");
        }
    }
    const std::uint64_t got = append_from(file.get(), path, bytes, idx.data);
    std::vector<std::uint8_t> rest;
    if (got != bytes || append_from(file.get(), path, 1, rest) != 0) {
        bad_idx(path, fmt::format("holds {} the {} bytes that its header claims",
                                  got < bytes ? "less than" : "more than", bytes));
    }
    return idx;
}

class IdxFolder : public ImageSource {
  public:
    std::string kind() const override { return "idx"; }
    std::vector<std::string> splits() const override {
        std::vector<std::string> names;
        for (const char* name : {"train", "test"}) {
            if (parts_.contains(name)) {
                names.emplace_back(name);
            }
        }
        return names;
    }
    std::int64_t size(const std::string& split) const override { return parts_.at(split).images.dims[0]; }
    std::vector<std::string> classes() const override {
        int last = -1;
        for (const auto& [split, part] : parts_) {
            for (const std::uint8_t label : part.labels.data) {
                last = std::max<int>(last, label);
            }
        }
        std::vector<std::string> names;
        for (int label = 0; label <= last; ++label) {
            names.push_back(std::to_string(label));
        }
        return names;
    }
    bool encoded() const override { return false; }
    augment::ImageShape shape() const override {
        const std::vector<std::uint32_t>& dims = parts_.begin()->second.images.dims;
        return {static_cast<int>(dims[1]), static_cast<int>(dims[2]), 1};
    }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        const std::size_t bytes = shape().bytes();
        const std::uint8_t* begin = parts_.at(split).images.data.data() + static_cast<std::size_t>(index) * bytes;
        out.shape = shape();
        out.bytes.assign(begin, begin + bytes);
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override {
        const std::vector<std::uint8_t>& labels = parts_.at(split).labels.data;
        return labels.empty() ? -1 : labels[static_cast<std::size_t>(index)];
    }
    std::string name(const std::string& split, std::int64_t index) const override {
        return fmt::format("{}: image {}", parts_.at(split).images.path, index);
    }

    bool empty() const { return parts_.empty(); }

    void add(const std::string& split, const std::string& images, const std::string& labels) {
        if (parts_.contains(split)) {
            throw DataError(fmt::format("{}: two files of images for split '{}': {} and {}",
                                        fs::path(images).parent_path().string(), split, parts_[split].images.path,
                                        images));
        }
        Part& part = parts_[split];
        part.images = read_idx(images, 3);
        const std::vector<std::uint32_t>& dims = part.images.dims;
        const std::vector<std::uint32_t>& first = parts_.begin()->second.images.dims;
        if (dims[1] != first[1] || dims[2] != first[2]) {
            throw DataError(fmt::format("{}: images of {} x {} pixels, the other split has {} x {}", images, dims[2],
                                        dims[1], first[2], first[1]));
        }
        if (labels.empty()) {
            return;
        }
        part.labels = read_idx(labels, 1);
        if (part.labels.dims[0] != dims[0]) {
            throw DataError(
                fmt::format("{}: {} labels for {} images in {}", labels, part.labels.dims[0], dims[0], images));
        }
    }

  private:
    struct Part {
        IdxFile images;
        IdxFile labels;
    };
    std::map<std::string, Part> parts_;
};

/// "train-images-idx3-ubyte.gz" -> "train-labels-idx1-ubyte.gz"; "" if no such file.
std::string labels_beside(const fs::path& images) {
    std::string name = images.filename().string();
    const auto swap = [&](const std::string& from, const std::string& to) {
        if (const std::size_t at = name.find(from); at != std::string::npos) {
            name.replace(at, from.size(), to);
        }
    };
    swap("images", "labels");
    swap("idx3", "idx1");
    const fs::path plain = images.parent_path() / name;
    for (const fs::path& candidate : {plain, fs::path(plain.string() + ".gz"), plain.parent_path() / plain.stem()}) {
        if (fs::is_regular_file(candidate) && candidate.filename() != images.filename()) {
            return candidate.string();
        }
    }
    return {};
}

} // namespace

std::unique_ptr<ImageSource> open_idx(const ImportOptions& options) {
    if (!fs::is_directory(options.source)) {
        return nullptr;
    }
    std::vector<fs::path> images;
    for (const fs::directory_entry& entry : fs::directory_iterator(options.source)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file() && name.find("images") != std::string::npos &&
            name.find("idx3") != std::string::npos) {
            images.push_back(entry.path());
        }
    }
    std::sort(images.begin(), images.end());
    auto source = std::make_unique<IdxFolder>();
    for (const fs::path& path : images) {
        const std::string name = path.filename().string();
        const bool test = name.find("t10k") != std::string::npos || name.find("test") != std::string::npos;
        const bool unzipped_twin = path.extension() == ".gz" && fs::exists(path.parent_path() / path.stem());
        if (!unzipped_twin) {
            source->add(test ? "test" : "train", path.string(), labels_beside(path));
        }
    }
    if (source->empty()) {
        return nullptr;
    }
    return source;
}

} // namespace tacit::shards
