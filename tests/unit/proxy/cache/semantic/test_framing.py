"""What is said around a question."""

import pytest

from proxy.cache.semantic.framing import flat, fronted, unframed


@pytest.mark.parametrize(
    "text",
    [
        "Hi! Could you please tell me how a pump works? Thanks",
        "Hey, quick question: how a pump works",
        "Sorry for the silly question, but how a pump works?",
        "pls help, how a pump works??",
        "I would like to know how a pump works, thank you very much!",
        "hello there, can you explain how a pump works please",
        "Does anyone know how a pump works?",
    ],
)
def test_english_politeness_is_taken_off_both_ends(text: str) -> None:
    assert unframed(text).rstrip("?") == "how a pump works"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hallo, könntest du mir bitte sagen, wie das geht? Danke!", "wie das geht"),
        ("Bonjour, pourriez-vous m'expliquer comment ça marche ? Merci", "comment ça marche"),
        ("Hola, ¿me podrías decir cómo funciona, por favor?", "cómo funciona"),
        ("Oi, você pode me dizer como funciona? Obrigado!", "como funciona"),
        ("Ciao, mi puoi spiegare come funziona? Grazie mille", "come funziona"),
        ("Zou je me kunnen uitleggen hoe het werkt, alsjeblieft?", "hoe het werkt"),
        ("Cześć, powiedz mi proszę, jak to działa.", "jak to działa"),
        ("Здравствуйте, подскажите, пожалуйста, как это работает?", "как это работает"),
        ("Merhaba, nasıl çalışır acaba? Teşekkürler", "nasıl çalışır"),
        ("请问它如何工作？谢谢", "它如何工作"),
        ("仕組みを教えていただけますか？", "仕組み"),
        ("안녕하세요, 어떻게 작동하는지 알려 주세요.", "어떻게 작동하는지"),
        ("من فضلك أخبرني كيف تعمل", "كيف تعمل"),
        ("कृपया बताइए यह कैसे चलता है", "यह कैसे चलता है"),
    ],
)
def test_politeness_of_other_languages_is_taken_off(text: str, rest: str) -> None:
    assert unframed(text).strip(" ?.") == rest


@pytest.mark.parametrize(
    "text",
    [
        "how do you say thank you",
        "thank you letter",
        "hello in Japanese",
        "so long meaning",
        "question mark meaning",
        "hi-fi setup",
        "Can you freeze rice",
        "help desk jobs",
        "please",
    ],
)
def test_what_is_itself_asked_about_stays(text: str) -> None:
    assert unframed(text) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In Java, what is a list?", "what is a list In Java"),
        ("in bash how do I loop", "how do I loop in bash"),
        ("If the dough is wet, what should I do?", "what should I do If the dough is wet"),
        ("Dans Excel, comment trier ?", "comment trier Dans Excel"),
        ("Which is faster: Rust or Go?", "Which is faster go or rust"),
        ("Which is faster, Go or Rust?", "Which is faster go or rust"),
    ],
)
def test_what_stands_first_goes_to_the_end_and_a_choice_into_order(text: str, found: str) -> None:
    assert fronted(text) == found


@pytest.mark.parametrize("text", ["I went to Rome, and what now", "Convert a, b or c", "In short"])
def test_other_texts_stay(text: str) -> None:
    assert fronted(text) == text


@pytest.mark.parametrize("text", ["Größe", "İstanbul", "ёж", "ﬁn", "ç" * 9])
def test_each_sign_stays_in_its_place(text: str) -> None:
    assert len(flat(text)) == len(text)
