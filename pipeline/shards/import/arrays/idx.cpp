// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/byte_reader.hpp"
#include "pipeline/shards/import/arrays/array_source.hpp"
#include "pipeline/shards/splits/split_names.hpp"

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

/// An IDX file (LeCun's MNIST format), plain or gzipped.
struct IdxFile {
    std::string path;
    Element element = Element::u8;
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

/// Types by the code that the third byte of the file holds (https://yann.lecun.com/exdb/mnist/).
Element element_of(const std::string& path, std::uint8_t code) {
    switch (code) {
    case 0x08:
        return Element::u8;
    case 0x0B:
        return Element::i16;
    case 0x0D:
        return Element::f32;
    case 0x0E:
        return Element::f64;
    default:
        throw DataError(fmt::format("{}: holds values of IDX type 0x{:02x}; Tacit reads unsigned bytes, shorts, floats "
                                    "and doubles",
                                    path, code));
    }
}

IdxFile read_idx(const std::string& path, std::size_t rank) {
    const std::unique_ptr<gzFile_s, GzCloser> file(gzopen(path.c_str(), "rb"));
    if (!file) {
        throw IoError(fmt::format("{}: cannot open", path));
    }
    gzbuffer(file.get(), 1U << 18U);
    IdxFile idx{path, Element::u8, {}, {}};
    std::vector<std::uint8_t> header;
    const std::size_t header_bytes = 4 + 4 * rank;
    if (append_from(file.get(), path, header_bytes, header) != header_bytes || header[0] != 0 || header[1] != 0 ||
        header[3] != rank) {
        bad_idx(path, fmt::format("is not an IDX file with {} dimensions", rank));
    }
    idx.element = element_of(path, header[2]);
    std::uint64_t bytes = element_bytes(idx.element);
    for (std::size_t d = 0; d < rank; ++d) {
        idx.dims.push_back(big32(header.data() + 4 + 4 * d));
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

/// Images (N, H, W) or (N, H, W, C).
StoredImages images_of(IdxFile file) {
    const auto side = [&](std::size_t d) { return static_cast<int>(d < file.dims.size() ? file.dims[d] : 1); };
    StoredImages images;
    images.count = file.dims[0];
    images.shape = {side(1), side(2), side(3)};
    images.element = file.element;
    images.big_endian = true;
    images.sample_step = images.shape.bytes() * element_bytes(file.element);
    images.store = std::make_shared<const ByteStore>(file.path, std::move(file.data));
    return interleaved(images);
}

std::vector<std::int32_t> labels_of(const std::string& path) {
    const IdxFile file = read_idx(path, 1);
    if (file.element != Element::u8) {
        bad_idx(path, "holds labels that are not unsigned bytes");
    }
    return {file.data.begin(), file.data.end()};
}

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
    swap("idx4", "idx1");
    const fs::path plain = images.parent_path() / name;
    for (const fs::path& candidate : {plain, fs::path(plain.string() + ".gz"), plain.parent_path() / plain.stem()}) {
        if (fs::is_regular_file(candidate) && candidate.filename() != images.filename()) {
            return candidate.string();
        }
    }
    return {};
}

/// Files of images in the folder, sorted; of one that is there gzipped and not, the latter.
std::vector<std::string> image_files(const fs::path& folder) {
    std::vector<std::string> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool unzipped_twin = entry.path().extension() == ".gz" && fs::exists(folder / entry.path().stem());
        std::error_code dangling;
        if (entry.is_regular_file(dangling) && !unzipped_twin && name.find("images") != std::string::npos &&
            (name.find("idx3") != std::string::npos || name.find("idx4") != std::string::npos)) {
            paths.push_back(entry.path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

} // namespace

std::unique_ptr<ImageSource> open_idx(const ImportOptions& options) {
    if (!fs::is_directory(options.path)) {
        return nullptr;
    }
    std::map<std::string, std::string, SplitOrder> images;
    for (const std::string& path : image_files(options.path)) {
        const std::string name = fs::path(path).filename().string();
        const std::string named = split_in_name(name);
        const std::string split = named.empty() ? "train" : named;
        if (const auto [place, fresh] = images.emplace(split, path); !fresh) {
            throw DataError(fmt::format("{}: two files of images for split '{}': {} and {}", options.path, split,
                                        place->second, path));
        }
    }
    auto source = std::make_unique<ArraySource>("idx", options);
    for (const auto& [split, path] : images) {
        const std::size_t rank = fs::path(path).filename().string().find("idx4") == std::string::npos ? 3 : 4;
        const std::string labels = labels_beside(path);
        if (!labels.empty()) {
            source->note_file(labels);
        }
        source->add(split, {images_of(read_idx(path, rank))},
                    {labels.empty() ? std::vector<std::int32_t>() : labels_of(labels), labels});
    }
    source->name_classes({});
    return source->empty() ? nullptr : std::move(source);
}

} // namespace tacit::shards
