// A pseudo-terminal in raw mode: the host opens its slave as if it were a serial port.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <deque>
#include <string>
#include <system_error>

namespace offramp {

class Terminal {
  public:
    Terminal() {
        master_ = checked(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), "posix_openpt");
        checked(grantpt(master_), "grantpt");
        checked(unlockpt(master_), "unlockpt");
        name_ = ptsname(master_);
        // Held open: otherwise the line breaks and its settings are lost whenever the host closes it.
        slave_ = checked(::open(name_.c_str(), O_RDWR | O_NOCTTY), "open");
        termios settings{};
        checked(tcgetattr(slave_, &settings), "tcgetattr");
        cfmakeraw(&settings);
        checked(tcsetattr(slave_, TCSANOW, &settings), "tcsetattr");
    }
    ~Terminal() {
        ::close(slave_);
        ::close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    int file() const { return master_; }
    const std::string& name() const { return name_; }

    // What the host has written since.
    template <class Put>
    bool read(Put put) {
        std::uint8_t bytes[1024];
        const ssize_t count = ::read(master_, bytes, sizeof bytes);
        for (ssize_t i = 0; i < count; ++i) put(bytes[i]);
        return count > 0;
    }

    void put(std::uint8_t byte) { queue_.push_back(byte); }

    // Hand over what the host has room for.
    void flush() {
        while (!queue_.empty()) {
            const std::uint8_t byte = queue_.front();
            if (::write(master_, &byte, 1) != 1) return;
            queue_.pop_front();
        }
    }

  private:
    int master_ = -1, slave_ = -1;
    std::string name_;
    std::deque<std::uint8_t> queue_;

    static int checked(int result, const char* what) {
        if (result < 0) throw std::system_error(errno, std::generic_category(), what);
        return result;
    }
};

}  // namespace offramp
