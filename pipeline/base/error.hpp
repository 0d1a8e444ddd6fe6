// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace tacit {

/// Exit codes of every command (docs/architecture.md, "Exit codes").
enum class ExitCode : int {
    done = 0,     ///< the work is complete
    failure = 1,  ///< data, files, ranks or the machine failed
    usage = 2,    ///< the command line or the config is wrong
    requeue = 75, ///< a checkpoint was written; start the same command again
    hang = 76     ///< a collective did not finish in time
};

/// Root of the errors that a user can cause or mend. what() is one line: what is wrong, where
/// (file, dataset, config line), and what to do. Bugs throw std::logic_error instead.
class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& message, ExitCode code = ExitCode::failure)
        : std::runtime_error(message), code_(code) {}
    ExitCode code() const noexcept { return code_; }

  private:
    ExitCode code_;
};

/// A wrong command line, config key or value. Every rank meets it alike; exit code 2.
class ConfigError : public Error {
  public:
    explicit ConfigError(const std::string& message) : Error(message, ExitCode::usage) {}
};

/// A file whose content is damaged, malformed or not what was asked for.
class DataError : public Error {
  public:
    using Error::Error;
};

/// A system call failed: open, read, write, fsync, rename, no space.
class IoError : public Error {
  public:
    using Error::Error;
};

/// MPI or NCCL failed, or ranks disagree.
class DistError : public Error {
  public:
    using Error::Error;
};

} // namespace tacit
