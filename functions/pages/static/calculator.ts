import '#pages/calculator/calculator.ts';
