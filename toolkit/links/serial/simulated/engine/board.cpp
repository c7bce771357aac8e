// A board whose serial pins are at a pseudo-terminal. Vdesign.h is included before this file.
#include "board.h"

#include "line.h"

namespace offramp {

class SerialEnd {
  public:
    SerialEnd(const Options& options, Terminal& terminal)
        : terminal_{terminal},
          to_board_{std::stod(options.at("host_bit"))},
          to_host_{std::stod(options.at("bit"))},
          board_faults_{faults(options, "board", 0)},
          host_faults_{faults(options, "host", 1)} {}

    template <class Top>
    void before(Top& top) {
        top.serial_rx = to_board_.step();
    }

    template <class Top>
    void after(const Top& top) {
        if (const auto byte = to_host_.step(top.serial_tx)) {
            ++to_host_bytes_;
            host_faults_.pass(*byte, [&](std::uint8_t out) { terminal_.put(out); });
        }
    }

    bool idle() const { return to_board_.idle() && to_host_.idle(); }

    // Taken as the line carries it, so that the host feels its speed.
    bool wanted() const { return to_board_.waiting() < 16; }

    void take(std::uint8_t in) {
        ++to_board_bytes_;
        board_faults_.pass(in, [&](std::uint8_t byte) { to_board_.put(byte); });
    }

    void tell(std::FILE* file) const {
        std::fprintf(
            file, ", \"to_board\": %llu, \"to_host\": %llu, \"bad_stops\": %llu, \"faults\": %llu",
            number(to_board_bytes_), number(to_host_bytes_), number(to_host_.bad_stops),
            number(board_faults_.count + host_faults_.count));
    }

  private:
    Terminal& terminal_;
    Sender to_board_;
    Receiver to_host_;
    Faults board_faults_, host_faults_;
    std::uint64_t to_board_bytes_ = 0, to_host_bytes_ = 0;

    static Faults faults(const Options& options, const std::string& side, std::uint64_t offset) {
        const auto share = [&](const char* kind) { return std::stod(options.at(side + '_' + kind)); };
        const std::uint64_t seed = 2 * std::stoull(options.at("seed")) + offset;
        return Faults{share("corrupted"), share("dropped"), share("duplicated"), share("cut"), seed};
    }
};

}  // namespace offramp

int main(int argc, char** argv) { return run_board<offramp::SerialEnd>(argc, argv); }
