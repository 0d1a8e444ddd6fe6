// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/image_source.hpp"

#include <fmt/format.h>

namespace tacit::shards {

std::unique_ptr<ImageSource> open_source(const ImportOptions& options) {
    struct Kind {
        const char* name;
        std::unique_ptr<ImageSource> (*open)(const ImportOptions&);
    };
    // The folder comes last: it takes any tree that holds images.
    for (const Kind& kind : {Kind{"idx", open_idx}, Kind{"cifar10", open_cifar10}, Kind{"folder", open_image_folder}}) {
        if (options.kind == "auto" || options.kind == kind.name) {
            if (std::unique_ptr<ImageSource> source = kind.open(options)) {
                return source;
            }
        }
    }
    throw DataError(
        fmt::format("{}: holds no {}; Tacit imports IDX files (MNIST), CIFAR-10's binary version and folders "
                    "of JPEG or PNG images",
                    options.source, options.kind == "auto" ? "images of a known kind" : options.kind));
}

} // namespace tacit::shards
