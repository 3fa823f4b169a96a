"""A bounded memory keeps what was used last, and nothing that it was told to forget."""

from services.auth.cache.two_generation import TwoGenerationCache


def test_it_keeps_what_was_used_last_within_its_size() -> None:
    memory = TwoGenerationCache[int, str](10)
    for number in range(1000):
        memory[number] = str(number)
        assert memory.get(7) == ("7" if number >= 7 else None), "used all the time"
        assert len(list(memory.items())) <= 10
    assert [memory.get(number) for number in (999, 998, 997)] == ["999", "998", "997"]
    assert memory.get(900) is None


def test_a_new_value_takes_the_place_of_the_one_before() -> None:
    memory = TwoGenerationCache[str, int](4)
    memory["a"] = 1
    memory.turn()
    memory["a"] = 2
    assert memory.get("a") == 2
    assert list(memory.items()) == [("a", 2)]
    for number in range(3):
        memory[str(number)] = number
        assert memory.get("a") == 2


def test_what_is_forgotten_does_not_come_back() -> None:
    memory = TwoGenerationCache[str, int](10)
    memory["a"] = 1
    memory.turn()
    memory["a"] = 2
    memory["b"] = 3
    memory.forget("a")
    memory.forget("nothing")
    assert memory.get("a") is None
    assert dict(memory.items()) == {"b": 3}
    memory.turn()
    memory.turn()
    assert memory.get("b") is None
