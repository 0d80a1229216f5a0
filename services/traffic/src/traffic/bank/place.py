"""Where the question bank of a run is."""

from pathlib import Path

from traffic.bank.loading import Bank, load_bank
from traffic.settings import TrafficSettings

CHECKOUT_QUESTIONS = Path(__file__).resolve().parents[5] / "questions"


def bank_of(settings: TrafficSettings) -> Bank:
    """The bank that the settings name, or the checkout's. Raises: BankError."""
    return load_bank(settings.questions_directory or CHECKOUT_QUESTIONS)
