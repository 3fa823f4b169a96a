"""The two-generation cache keeps the entries used last, and returns nothing that was discarded."""

from services.auth.cache.two_generation import TwoGenerationCache


def test_cache_keeps_the_entries_used_last_within_its_size() -> None:
    cache = TwoGenerationCache[int, str](10)
    for number in range(1000):
        cache[number] = str(number)
        assert cache.get(7) == ("7" if number >= 7 else None), "used in every round"
        assert len(list(cache.items())) <= 10
    assert [cache.get(number) for number in (999, 998, 997)] == ["999", "998", "997"]
    assert cache.get(900) is None


def test_new_value_replaces_the_old_one() -> None:
    cache = TwoGenerationCache[str, int](4)
    cache["a"] = 1
    cache.rotate()
    cache["a"] = 2
    assert cache.get("a") == 2
    assert list(cache.items()) == [("a", 2)]
    for number in range(3):
        cache[str(number)] = number
        assert cache.get("a") == 2


def test_discarded_entry_does_not_return() -> None:
    cache = TwoGenerationCache[str, int](10)
    cache["a"] = 1
    cache.rotate()
    cache["a"] = 2
    cache["b"] = 3
    cache.discard("a")
    cache.discard("unknown")
    assert cache.get("a") is None
    assert dict(cache.items()) == {"b": 3}
    cache.rotate()
    cache.rotate()
    assert cache.get("b") is None
