// A board whose processor does the accesses that come from a pseudo-terminal. Vdesign.h is included before this file.
//
// An access is 'r' or 'w', its address and its number of words (32 bits each, the lowest byte first), and the words
// that are written. The answer is the words that were read, or a single 'w' when the write has been responded to.
// 'e' and eight more bytes come back as they are, behind the answers to all accesses before.
// Models of processors (families/*/cells) ask for them by the functions at the end.
#include <cstdint>
#include <deque>

#include "../../../serial/simulated/engine/board.h"

namespace offramp {

class MemoryEnd {
  public:
    MemoryEnd(const Options&, Terminal& terminal) : terminal_{terminal} { only = this; }
    static inline MemoryEnd* only = nullptr;

    template <class Top>
    void before(Top&) {}

    template <class Top>
    void after(const Top&) {}

    bool idle() const { return !under_way_ && !whole(); }
    bool wanted() const { return bytes_.size() < 8192; }
    void take(std::uint8_t in) { bytes_.push_back(in); }

    void tell(std::FILE* file) const {
        std::fprintf(file, ", \"read\": %llu, \"written\": %llu", number(read_), number(written_));
    }

    bool ask(int& writes, int& address, int& words) {
        if (under_way_ || !whole()) return false;
        if (bytes_[0] == 'e') {
            for (int i = 0; i < HEAD; ++i) terminal_.put(bytes_[i]);
            bytes_.erase(bytes_.begin(), bytes_.begin() + HEAD);
            return false;
        }
        writes = writing();
        address = static_cast<int>(word(1));
        words = left_ = static_cast<int>(word(5));
        under_way_ = left_ > 0;
        bytes_.erase(bytes_.begin(), bytes_.begin() + HEAD);
        return under_way_;
    }

    int next() {
        const auto found = word(0);
        bytes_.erase(bytes_.begin(), bytes_.begin() + 4);
        ++written_;
        return static_cast<int>(found);
    }

    void responded() {
        terminal_.put('w');
        under_way_ = false;
    }

    void give(int word) {
        for (int i = 0; i < 4; ++i) terminal_.put(static_cast<std::uint8_t>(static_cast<unsigned>(word) >> 8 * i));
        ++read_;
        under_way_ = --left_ > 0;
    }

  private:
    static constexpr int HEAD = 9;
    Terminal& terminal_;
    std::deque<std::uint8_t> bytes_;  // of accesses that have not been asked for, and of words still to be written
    bool under_way_ = false;
    int left_ = 0;
    std::uint64_t read_ = 0, written_ = 0;

    bool writing() const { return bytes_[0] == 'w'; }

    std::uint32_t word(std::size_t at) const {
        std::uint32_t found = 0;
        for (std::size_t i = 0; i < 4; ++i) found |= static_cast<std::uint32_t>(bytes_[at + i]) << 8 * i;
        return found;
    }

    bool whole() const {
        if (bytes_.size() < HEAD) return false;
        return !writing() || bytes_.size() >= HEAD + 4 * static_cast<std::size_t>(word(5));
    }
};

}  // namespace offramp

// What a model of a processor imports.
extern "C" {
// Whether there is an access, and which: 1 to write, byte address, number of words.
int offramp_memory_ask(int* writes, int* address, int* words) {
    return offramp::MemoryEnd::only->ask(*writes, *address, *words);
}
// The next word to write.
int offramp_memory_next() { return offramp::MemoryEnd::only->next(); }
// The write is over.
void offramp_memory_responded() { offramp::MemoryEnd::only->responded(); }
// A word that was read.
void offramp_memory_give(int word) { offramp::MemoryEnd::only->give(word); }
}

int main(int argc, char** argv) { return run_board<offramp::MemoryEnd>(argc, argv); }
