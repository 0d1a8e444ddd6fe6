// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

namespace tacit::models {

/// Makes backbones from a line of YAML for one rank.
class BackboneFixture : public testing::Test {
  protected:
    std::shared_ptr<Backbone> make(const std::string& yaml, augment::ImageShape shape) {
        auto document = config::Document::from_text("model: " + yaml, "test.yaml");
        auto backbone = make_backbone(document.root().section("model"), shape, *comm_);
        document.finish();
        return backbone;
    }

    /// What `yaml` is refused with, "" if it is not.
    std::string refusal(const std::string& yaml, augment::ImageShape shape) {
        try {
            make(yaml, shape);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "";
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

} // namespace tacit::models
