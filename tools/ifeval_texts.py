"""Responses for the golden verdicts of IFEval's checker: all written for evergreen, none by a model or a person asked.

RESPONSES are edge cases by hand, LANGUAGES one short text in each language the benchmark asks for (and some others);
mixtures() puts lines of them together at random, from a seed.
"""
import random

LANGUAGES = {
    "en": "The weather is fine today, and we are going to the market to buy bread, apples and a little cheese.",
    "de": "Das Wetter ist heute schön, und wir gehen auf den Markt, um Brot, Äpfel und etwas Käse zu kaufen.",
    "fr": "Il fait beau aujourd'hui et nous allons au marché pour acheter du pain, des pommes et un peu de fromage.",
    "es": "Hoy hace buen tiempo y vamos al mercado para comprar pan, manzanas y un poco de queso.",
    "pt": "Hoje o tempo está bom e nós vamos ao mercado para comprar pão, maçãs e um pouco de queijo.",
    "it": "Oggi il tempo è bello e andiamo al mercato per comprare il pane, le mele e un po' di formaggio.",
    "fi": "Sää on tänään kaunis, ja menemme torille ostamaan leipää, omenoita ja vähän juustoa.",
    "pl": "Dzisiaj jest ładna pogoda i idziemy na targ, żeby kupić chleb, jabłka i trochę sera.",
    "vi": "Hôm nay thời tiết đẹp và chúng tôi đi chợ để mua bánh mì, táo và một ít phô mai.",
    "sw": "Leo hali ya hewa ni nzuri na tunakwenda sokoni kununua mkate, matunda na maziwa kidogo.",
    "ru": "Сегодня хорошая погода, и мы идём на рынок, чтобы купить хлеб, яблоки и немного сыра.",
    "uk": "Сьогодні гарна погода, і ми йдемо на ринок, щоб купити хліб, яблука і трохи сиру.",
    "bg": "Днес времето е хубаво и ние отиваме на пазара, за да купим хляб, ябълки и малко сирене.",
    "ar": "الطقس جميل اليوم ونحن ذاهبون إلى السوق لشراء الخبز والتفاح وقليل من الجبن.",
    "fa": "امروز هوا خوب است و ما به بازار می‌رویم تا نان و سیب و کمی پنیر بخریم.",
    "ur": "آج موسم اچھا ہے اور ہم روٹی، سیب اور تھوڑا سا پنیر خریدنے کے لیے بازار جا رہے ہیں۔",
    "he": "היום מזג האוויר יפה ואנחנו הולכים לשוק לקנות לחם, תפוחים וקצת גבינה.",
    "hi": "आज मौसम अच्छा है और हम रोटी, सेब और थोड़ा पनीर खरीदने के लिए बाज़ार जा रहे हैं।",
    "mr": "आज हवामान चांगले आहे आणि आम्ही भाकरी, सफरचंद आणि थोडे चीज विकत घेण्यासाठी बाजारात जात आहोत.",
    "ne": "आज मौसम राम्रो छ र हामी रोटी, स्याउ र अलिकति चीज किन्न बजार जाँदैछौं।",
    "bn": "আজ আবহাওয়া ভালো এবং আমরা রুটি, আপেল ও একটু পনির কিনতে বাজারে যাচ্ছি।",
    "pa": "ਅੱਜ ਮੌਸਮ ਚੰਗਾ ਹੈ ਅਤੇ ਅਸੀਂ ਰੋਟੀ, ਸੇਬ ਅਤੇ ਥੋੜ੍ਹਾ ਪਨੀਰ ਖਰੀਦਣ ਲਈ ਬਾਜ਼ਾਰ ਜਾ ਰਹੇ ਹਾਂ।",
    "gu": "આજે હવામાન સારું છે અને અમે રોટલી, સફરજન અને થોડું પનીર ખરીદવા બજાર જઈએ છીએ.",
    "ta": "இன்று வானிலை நன்றாக உள்ளது, நாங்கள் ரொட்டி, ஆப்பிள் மற்றும் சிறிது பால் வாங்க சந்தைக்குச் செல்கிறோம்.",
    "te": "ఈ రోజు వాతావరణం బాగుంది మరియు మేము రొట్టె, పండ్లు మరియు కొంచెం పాలు కొనడానికి మార్కెట్‌కు వెళ్తున్నాము.",
    "kn": "ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ ಮತ್ತು ನಾವು ರೊಟ್ಟಿ, ಹಣ್ಣು ಮತ್ತು ಸ್ವಲ್ಪ ಹಾಲು ಕೊಳ್ಳಲು ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗುತ್ತಿದ್ದೇವೆ.",
    "ml": "ഇന്ന് കാലാവസ്ഥ നല്ലതാണ്, ഞങ്ങൾ അപ്പവും പഴങ്ങളും കുറച്ച് പാലും വാങ്ങാൻ ചന്തയിലേക്ക് പോകുന്നു.",
    "th": "วันนี้อากาศดี และพวกเราจะไปตลาดเพื่อซื้อขนมปัง แอปเปิล และชีสเล็กน้อย",
    "ja": "今日は天気が良いので、私たちはパンとりんごとチーズを少し買いに市場へ行きます。",
    "ko": "오늘은 날씨가 좋아서 우리는 빵과 사과와 치즈를 조금 사러 시장에 갑니다.",
    "zh-cn": "今天天气很好，我们去市场买面包、苹果和一点奶酪。",
    "zh-tw": "今天天氣很好，我們去市場買麵包、蘋果和一點起司。",
    "el": "Σήμερα ο καιρός είναι καλός και πηγαίνουμε στην αγορά για να αγοράσουμε ψωμί, μήλα και λίγο τυρί. ΟΔΥΣΣΕΥΣ.",
    "tr": "Bugün hava güzel ve ekmek, elma ve biraz peynir almak için pazara gidiyoruz. İSTANBUL ILIK.",
    "nl": "Het weer is vandaag mooi en we gaan naar de markt om brood, appels en een beetje kaas te kopen.",
}

LETTER = """Dear Dr. Smith,

I am writing to you about the bridge at 4.30 p.m. on Jan. 5. It was built by Acme Inc. in 1998. Mr. J. Bach said "It is safe."
He was wrong! Was he? We do not know... The U.S. team left. No. 7 stayed; prices rose 3.5 percent, i.e. a lot (see Fig. 2).

Yours,
[name]
[address]

P.S. Bring the drawings."""

RESPONSES = [
    "", " ", "\n\n", "\u3000\u2003\n", "*", "**", "***", "****", "******", "- ", "*\n\nfoo", "a", "A", "İ", "1 2 3", ",", "[", "[]", '"', '""',
    "Yes.", "yes, but: no", "HELLO WORLD", "hello world", "Hello, World!", "ǅ is one letter", "ⅣⅤ ROMAN ⒶⒷ", "ⅳ ⓐ ª small",
    "My answer is yes.", "  My answer is maybe. Or not", "my answer is no.", "Answer:\nMy answer is no.\nThat is all.",
    LETTER, LETTER.upper(), LETTER.lower(), LETTER.replace("\n", "\n\n"), LETTER.replace(",", ""),
    # highlights and bullets
    "*one* and *two* and **three**", "* * ** ** *** a *** **b** *c\nd*", "**bold** text *with* stars* and *", "*a**b*c**",
    "* one\n* two\n* three", "* one\n\n  * two\n*three\n** four\n*** five", "- one\n- two\n--- three\n-\n", "*\n*\n*\n", "\n\n\n - late\n\t* tab",
    "Here:\n* a\n- b\n* c\nBye", "1. first\n2. second", "* one *\n* two *", "\u2022 not\n- yes\n\u2003* wide", "*\u00e9t\u00e9\n*\U0001F600",
    # titles
    "<<A title>>\nText", "<< >>", "<<<>>>", "<<a>> and <<b>>", "<<no\nend>>", "a <<b>", "<<\u3000>>", "<<x>>>>", "<<<<deep>>>>", "< <a>>",
    # sections, paragraphs, two responses
    "Section 1\nfoo\nSection 2\nbar\nSection 3\nbaz", "SECTION 1 a SECTION 2 b", "Section1Section2", "section 1\nSECTION X", "Section \u0664 arabic digit",
    "Section  1 (two spaces)", "Day 1\n...\nDay 2\n...", "one\n***\ntwo\n***\nthree", "***one***two", "one\n***\n***\ntwo", "***\none\n***\ntwo\n***",
    "one ****** two", "one\n******\none", "******one******two******", "one******two******three", "one ****** ****** two", "a*****b",
    "First part\n\nSecond part\n\nThird part", "First\n\n\n\nSecond", "\n\nFirst\n\nsecond one", "'Tis' it\n\n\"Second\" here\n\nThird, now", "however. it\n\nHowever, yes",
    "One\n \nTwo\n\nThree", "\u00c9t\u00e9 first\n\n\u03a3\u03a3 second",
    # json
    '{"a": 1}', '```json\n{"a": [1, 2, {"b": null}]}\n```', "```\n[1, 2]\n```", "```JSON[true]```", "```Json {} ```", '{"a": NaN, "b": -Infinity}', "{'a': 1}",
    "[1, 2,]", "01", "1.", "-0.5e+3", "-", '"\\ud800"', '"\\x"', '"tab\there"', "nul", "[[[[]]]]", "[" * 60 + "]" * 60, '\ufeff{"a": 1}', '{"a" : 1, "a" : 2}',
    '{"a": 1} extra', "```json\n```", '{"a":1}```', "1e5", "1E", '{"\\u00e9": "\u00e9"}', '{1: 2}', "NaN", "[1 2]", "```python\n[1]\n```", "9" * 4300, "9" * 4301,
    # postscripts, ends, quotations
    "Text.\nP.S. more", "Text.\np. s. more", "P.P.S more", "Hello. P. P. S later", "Text p.s more", "PS: none", "Text\n\nP.P.S. and P.S.", "P.\nS. split",
    'Bye. Any other questions?', '"Is there anything else I can help with?"', "ANY OTHER QUESTIONS? ", "Any other questions", '"Quoted whole"', ' "a" and "b" ', '"open', "\u201ccurly\u201d",
    '"Hello there." "', "''single''",
    # keywords and letters
    "The cat sat on the mat. Cats catch concatenated categories; CAT!", "cat", "CAT-like cat's cat_", "Katze \u212Aelvin kelvin", "\u017Fpring spring SPRING",
    "C++ and c++ and C+", "a.b aXb a\nb", "naïve NAÏVE naive", "stra\u00dfe STRASSE STRA\u1E9EE", "\u0131nk \u0130nk ink INK", "qqqq Q q", "# one # two ! three !",
    "Write a poem about rain. Rain falls.", "write a POEM about rain.\nIt rains", "  Write a poem about rain.", "I write a poem about rain.",
    # sentences and words
    "Mr. Smith met Dr. Jones. They talked. \"Good!\" he said. (Really?) Yes.", "Wait... what?! No!!! Yes.", "e.g. this one. i.e. that.", "A. B. Cooper came. J. Bach left.",
    "It cost $3.50. Pi is 3.14. No. 5 won. Item 5. next. Chapter 2. The end.", "He said: \u201cStop.\u201d Then left. \u00abFin.\u00bb Et puis. \u2018Ok.\u2019 Go.", "U.S. troops left the U.K. on Jan. 5. The U.S. He left.",
    "One sentence without a period", "Tabs\tand  spaces . Odd .Spacing ? Yes", "Line one.\nLine two.\n\nLine three!", "a.b.c. d. e.", "End. \"And\" 'so' (on). [x]. {y}.",
    "Dots . . . here. And . . more . .", "Dash--dash. --Dash. Hyphen-ated U-turn.", "Nth. 3rd. 1,000. 2.5. -7. The rest.", "Visit www.example.com. Mail a@b.org. See http://x.y/z?q=1.",
    "word " * 60, "Sentence here. " * 12, "do n't don't can't cannot CANNOT gonna GONNA wanna gotta lemme gimme more'n d'ye 'tis 'twas 'Tis",
    "NASA and the UN said OK, I'M sure; YOU'LL see: A B C's X-RAY (USA) \"FBI\" C3PO 1990S \u00c9T\u00c9", "THE CAT'S 'QUOTED' ``TICKS'' \u201cCURLY\u201d \u2018ONE\u2019 50% #TAG @ME A&B $5 A*B END.",
    "x'S Y'S I'D WE'VE THEY'RE DIDN'T didn't 'S", "Tab\x1csep\x1dok\x1e here\x1f. Next\x85line.\u2028Sep", "zero\u200bwidth\u200djoin x\u0301y \u00b2\u00b3 \u2460 \u0967\u0968",
    "[name] [address] [a\nb] [[c]] []", "[one][two][three]", "]x[", "[[[[", "Dear [name],\n[place] and [time]",
]


def mixtures(count, seed):
    draw = random.Random(seed)
    lines = sorted({line for text in [*RESPONSES, *LANGUAGES.values()] for line in text.split("\n") if len(line) < 400})
    out = []
    for _ in range(count):
        parts = [draw.choice(lines) for _ in range(draw.randint(1, 8))]
        out.append("".join(part + draw.choice(["\n", "\n\n", " ", "\n***\n", "*", ". "]) for part in parts))
    return out


INSTRUCTIONS = [
    ("keywords:existence", {"keywords": ["cat", "rain"]}), ("keywords:existence", {"keywords": ["kelvin"]}), ("keywords:existence", {"keywords": ["the", "a.b"]}),
    ("keywords:existence", {"keywords": ["ink"]}), ("keywords:existence", {"keywords": ["\u03c3"]}),
    ("keywords:frequency", {"keyword": "cat", "frequency": 3, "relation": "at least"}), ("keywords:frequency", {"keyword": " the ", "frequency": 2, "relation": "less than"}),
    ("keywords:frequency", {"keyword": "[aeiou]{2}", "frequency": 2, "relation": "at least"}), ("keywords:frequency", {"keyword": "spring", "frequency": 2, "relation": "at least"}),
    ("keywords:forbidden_words", {"forbidden_words": ["cat", "naive"]}), ("keywords:forbidden_words", {"forbidden_words": ["the", "a", "one"]}),
    ("keywords:forbidden_words", {"forbidden_words": ["stra\u00dfe", "K", "\u0130nk"]}), ("keywords:forbidden_words", {"forbidden_words": ["see", "x"]}),
    ("keywords:letter_frequency", {"letter": "q", "let_frequency": 2, "let_relation": "at least"}), ("keywords:letter_frequency", {"letter": "I", "let_frequency": 3, "let_relation": "less than"}),
    ("keywords:letter_frequency", {"letter": "e", "let_frequency": 10, "let_relation": "at least"}),
    ("language:response_language", {"language": "en"}), ("language:response_language", {"language": "de"}), ("language:response_language", {"language": "hi"}),
    ("language:response_language", {"language": "fa"}), ("language:response_language", {"language": "ko"}), ("language:response_language", {"language": "vi"}),
    ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"}), ("length_constraints:number_sentences", {"num_sentences": 5, "relation": "less than"}),
    ("length_constraints:number_sentences", {"num_sentences": 8, "relation": "at least"}),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 1}), ("length_constraints:number_paragraphs", {"num_paragraphs": 2}), ("length_constraints:number_paragraphs", {"num_paragraphs": 3}),
    ("length_constraints:number_words", {"num_words": 5, "relation": "less than"}), ("length_constraints:number_words", {"num_words": 12, "relation": "at least"}), ("length_constraints:number_words", {"num_words": 60, "relation": "at least"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "Second"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "first"}), ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "however"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "\u03a3\u03a3"}), ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "cat"}),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}), ("detectable_content:number_placeholders", {"num_placeholders": 3}),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}), ("detectable_content:postscript", {"postscript_marker": "P.P.S"}), ("detectable_content:postscript", {"postscript_marker": "PS:"}),
    ("detectable_content:postscript", {"postscript_marker": "Yes."}),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}), ("detectable_format:number_bullet_lists", {"num_bullets": 2}), ("detectable_format:number_bullet_lists", {"num_bullets": 3}),
    ("detectable_format:constrained_response", {}),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}), ("detectable_format:number_highlighted_sections", {"num_highlights": 2}), ("detectable_format:number_highlighted_sections", {"num_highlights": 4}),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2}), ("detectable_format:multiple_sections", {"section_spliter": " SECTION ", "num_sections": 1}), ("detectable_format:multiple_sections", {"section_spliter": "Day", "num_sections": 2}),
    ("detectable_format:multiple_sections", {"section_spliter": "(Day|Section)", "num_sections": 3}),
    ("detectable_format:json_format", {}), ("detectable_format:title", {}), ("combination:two_responses", {}),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write a poem about rain."}), ("combination:repeat_prompt", {"prompt_to_repeat": "  hello  "}),
    ("startend:end_checker", {"end_phrase": "Any other questions?"}), ("startend:end_checker", {"end_phrase": " Is there anything else I can help with? "}), ("startend:end_checker", {"end_phrase": "no."}),
    ("change_case:capital_word_frequency", {"capital_frequency": 3, "capital_relation": "at least"}), ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "less than"}),
    ("change_case:capital_word_frequency", {"capital_frequency": 15, "capital_relation": "at least"}), ("change_case:capital_word_frequency", {"capital_frequency": 12, "capital_relation": "less than"}),
    ("change_case:english_capital", {}), ("change_case:english_lowercase", {}), ("punctuation:no_comma", {}), ("startend:quotation", {}),
]
