"""Token Status List: the draft's own examples (section 4, appendix C), and what a hostile list must not do."""

import gzip
import zlib

import pytest

from protocols.errors import UnsupportedMessage
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.status.bitstring import new_bits, set_bit
from protocols.status.entry import Form, StatusEntry
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusRangeError
from protocols.status.token_status import (
    INVALID,
    SUSPENDED,
    count_taken_back,
    decode_list,
    encode_list,
    from_bitstring,
    get_status,
    pack,
    parse_reference,
    purpose_of,
    status_reference,
)

ENTRIES = 2**20
"""Of every list of appendix C; all that is not named is 0."""
ONE_BIT = dict.fromkeys(
    (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1
)  # fmt: skip
TWO_BITS = dict(zip(ONE_BIT, (1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3), strict=True))
FOUR_BITS = {
    0: 1,
    1993: 2,
    35460: 3,
    459495: 4,
    595669: 5,
    754353: 6,
    845645: 7,
    923232: 8,
    924445: 9,
    934534: 10,
    1004534: 11,
    1000345: 12,
    1030203: 13,
    1030204: 14,
    1030205: 15,
}
_EIGHT_BITS = """
233478 52451 576778 513575 468106 292632 214947 182323 884834 66653 62489 196493 458517 487925 55649 416992
879796 462297 942059 583408 13628 334829 886286 713557 582738 326064 451545 705889 214350 194502 796765 202828
752834 721327 554740 91122 963483 261779 793844 165255 614839 758403 403258 145867 96100 477937 606890 167335
488197 211815 797182 582952 950870 765108 341110 776325 745056 439368 559893 149741 358903 513405 342679
969429 795775 566121 460566 680070 117310 480348 67319 661552 841303 561493 138807 442463 659927 445910
1046963 829700 962282 299623 555493 292826 517215 551009 898490 837603 759161 459948 290102 1034977 190650
98810 229950 320531 335506 885333 133227 806915 800313 981571 527253 24077 240232 559572 713399 233941 615514
911768 331680 951527 6805 552366 374660 223159 625884 417146 320527 784154 338792 1199 679804 1024680 40845
234603 761225 644903 502167 121477 505144 165165 179628 1019195 145149 263738 269256 996739 346296 555864
887384 444173 421844 653716 836747 783119 918762 946835 253764 519895 471224 134272 709016 44112 482585 461829
15080 148883 123467 480125 141348 65877 692958 148598 499131 584009 1017987 449287 277478 991262 509602 991896
853666 399318 197815 203278 903979 743015 888308 862143 979421 113605 206397 127113 844358 711569 229153
521470 401793 398896 940810 293983 884749 384802 584151 970201 523882 158093 929312 205329 106091 30949 195586
495723 348779 852312 1018463 1009481 448260 841042 122967 345269 794764 4520 818773 556171 954221 598210
887110 1020623 324632 398244 622241 456551 122648 127837 657676 119884 105156 999897 330160 119285 168005
389703 143699 142524 493258 846778 251420 516351 83344 171931 879178 663475 546865 428362 658891 500560 557034
830023 274471 629139 958869 663071 152133 19535
"""
EIGHT_BITS = [int(index) for index in _EIGHT_BITS.split()]
"""The entry at place n has the value n."""
ONE_BIT_LST = bytes.fromhex("""
78daeddc010dc0200c0041a88249400ad2903e0f4b
ba00bd93f002beb7a2a2010000a91e09000000000000000000000000000000807296
04000000000000000000000000000000000000000000000000000000000000000000
000000000000005c6f4800000000000000fc2c240000000000000000000000be1b12
000000000000000000ecaa4b000000000000000000000000000000009b0b09000000
00000000000038de9400000000000000002a30cc010000000080642f0bd8011b
""")


def test_the_short_examples_of_the_draft_are_read_and_written() -> None:
    one = pack(dict.fromkeys((0, 3, 4, 5, 7, 8, 9, 13, 15), 1), entries=16, size=1)
    two = pack(dict(enumerate((1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3))), entries=12, size=2)
    assert (one, two) == (b"\xb9\xa3", b"\xc9\x44\xf9")
    assert (decode_list("eNrbuRgAAhcBXQ"), decode_list("eNo76fITAAPfAgc")) == (one, two)
    assert [get_status(two, index, 2) for index in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def test_the_one_bit_list_of_appendix_c_is_read_value_by_value() -> None:
    data = decode_list(b64url_encode(ONE_BIT_LST))
    assert data == pack(ONE_BIT, entries=ENTRIES, size=1)
    assert [index for index in range(ENTRIES) if get_status(data, index, 1)] == list(ONE_BIT)


@pytest.mark.parametrize(
    ("statuses", "size", "checksum"),
    [
        (ONE_BIT, 1, "2f0bd8011b"),
        (TWO_BITS, 2, "1fcd60010c"),
        (FOUR_BITS, 4, "03dc4c04c0"),
        ({index: value for value, index in enumerate(EIGHT_BITS)}, 8, "04353d7f81"),
    ],
    ids=["1 bit", "2 bits", "4 bits", "8 bits"],
)
def test_the_lists_of_appendix_c_have_their_checksums(statuses: dict[int, int], size: int, checksum: str) -> None:
    """ZLIB ends with the Adler-32 of everything inside, whatever the compressor does: equal only for equal lists."""
    data = pack(statuses, entries=ENTRIES, size=size)
    assert f"{zlib.adler32(data):08x}" == checksum[-8:]
    assert b64url_decode(encode_list(data))[-4:].hex() == checksum[-8:]
    assert decode_list(encode_list(data)) == data
    assert all(get_status(data, index, size) == value for index, value in statuses.items())


@pytest.mark.parametrize(("index", "size"), [(16, 1), (8, 2), (4, 4), (2, 8), (-1, 1), (10**15, 8)])
def test_an_index_past_the_end_is_out_of_range(index: int, size: int) -> None:
    with pytest.raises(StatusRangeError):
        get_status(b"\x00\x00", index, size)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    compressor = zlib.compressobj()
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(64)) + compressor.flush()
    with pytest.raises(StatusListLengthError, match="too long"):
        decode_list(b64url_encode(bomb))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eNrbuRgAAhcBXQ=",
        "eNrbuRgAAhcB!Q",
        b64url_encode(b"not zlib"),
        b64url_encode(zlib.compress(bytes(16))[:-1]),
        b64url_encode(zlib.compress(bytes(16)) + b"x"),
        b64url_encode(zlib.compress(bytes(16)) * 2),
        b64url_encode(gzip.compress(bytes(16), mtime=0)),
        b64url_encode(zlib.compress(bytes(16))[2:-4]),
    ],
    ids=["empty", "padded", "alphabet", "noise", "cut off", "trailing", "a second stream", "gzip", "bare deflate"],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(MalformedValueError):
        decode_list(text)


def test_our_own_reference_is_read_back() -> None:
    assert parse_reference(status_reference(uri="https://a.example/status/1", index=5)) == StatusEntry(
        list_url="https://a.example/status/1", index=5, purpose="status_list", form=Form.JWT
    )


@pytest.mark.parametrize(
    "claim",
    [
        None,
        [],
        {"status_list": None},
        {"status_list": {"uri": "https://a.example/1"}},
        {"status_list": {"idx": "5", "uri": "https://a.example/1"}},
        {"status_list": {"idx": True, "uri": "https://a.example/1"}},
        {"status_list": {"idx": -1, "uri": "https://a.example/1"}},
        {"status_list": {"idx": 1.0, "uri": "https://a.example/1"}},
        {"status_list": {"idx": 5}},
        {"status_list": {"idx": 5, "uri": "status/1"}},
    ],
)
def test_a_broken_reference_is_refused(claim: object) -> None:
    with pytest.raises(MalformedValueError):
        parse_reference(claim)


def test_a_reference_to_another_mechanism_or_past_every_list_has_its_own_error() -> None:
    with pytest.raises(UnsupportedMessage, match="unknown status mechanism"):
        parse_reference({"identifier_list": {}})
    with pytest.raises(StatusRangeError):
        parse_reference({"status_list": {"idx": 2**53, "uri": "https://a.example/1"}})


def test_values_say_what_a_bitstring_would_have_been_set_for() -> None:
    assert [purpose_of(value) for value in (1, 2, 3, 15)] == [
        "revocation",
        "suspension",
        "status type 0x03",
        "status type 0x0f",
    ]


@pytest.mark.parametrize(("value", "size"), [(INVALID, 1), (SUSPENDED, 2)])
def test_a_bitstring_says_the_same_as_a_tokens_list(value: int, size: int) -> None:
    set_ = (0, 7, 8, 94567, 131_071)
    bits = new_bits()
    for index in set_:
        bits = set_bit(bits, index)
    data, made = from_bitstring(bits, value)
    assert made == size
    assert data == pack(dict.fromkeys(set_, value), entries=131_072, size=size)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_revocations_that_are_taken_back_are_counted_whatever_the_size(size: int) -> None:
    before = pack({0: 1, 5: 1, 9: 1}, entries=16, size=size)
    after = pack({5: 1, 11: 1}, entries=16, size=size)
    assert count_taken_back(before, after, size) == 2
    assert count_taken_back(before, b"", size) == 3, "a shorter list keeps nothing"


def test_what_was_never_invalid_is_not_taken_back() -> None:
    before = pack({0: 2, 1: 3, 2: 1}, entries=16, size=2)
    assert count_taken_back(before, pack({2: 1}, entries=16, size=2), 2) == 0
